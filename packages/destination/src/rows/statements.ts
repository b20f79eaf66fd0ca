import { type RawBuilder, sql } from 'kysely'
import type { Target } from '../dialects/target.ts'
import type { Terms } from '../dialects/terms.ts'
import { type Layout, MISSING, RUN } from '../table/columns.ts'
import { sameKey, stamped } from './merge.ts'
import { DELETION_RAISES, DELETION_SUPERSEDES, RAISED } from './precedence.ts'
import { and, list } from './sql.ts'
import { inRange, inScope, ofPartition } from './step-terms.ts'

const { id, join } = sql

/** Of a row that is gone nothing is missing: a marked row of which something is, is one that nobody has told whole so far. */
const noneMissing = ({ fed }: Layout) => sql.raw(fed ? `, ${MISSING} = null` : '')

/** Marks rows that are not yet marked and not above reported deletions (alias s). */
export function markRows({ layout, table }: Target, source: RawBuilder<unknown>, terms: Terms): RawBuilder<unknown> {
  return sql`update ${table} as t set _deleted_at = ${terms.now}, ${stamped(layout, terms)}, ${RAISED}${noneMissing(layout)} from ${source} as s
    where ${sameKey(layout, terms)}${ofPartition(layout, terms)} and t._deleted_at is null and ${DELETION_SUPERSEDES}`
}

/** Removes marked rows of keys (alias s) for good. */
export function removeMarked({ layout, table }: Target, source: RawBuilder<unknown>): RawBuilder<unknown> {
  const key = list(layout.key)
  return sql`delete from ${table} where (${key}) in (select ${key} from ${source} as s) and ${isGone(layout)}`
}

/** Whether a row is gone: a marked one of which something is missing is shown when that comes. */
export const isGone = ({ fed }: Layout): RawBuilder<unknown> =>
  sql.raw(fed ? `_deleted_at is not null and ${MISSING} is null` : '_deleted_at is not null')

/** Raises the positions of marks to those of reported deletions (alias s). */
export function raiseMarks({ layout, table }: Target, source: RawBuilder<unknown>, terms: Terms): RawBuilder<unknown> {
  return sql`update ${table} as t set ${stamped(layout, terms)}, ${RAISED}${noneMissing(layout)} from ${source} as s
    where ${sameKey(layout, terms)}${ofPartition(layout, terms)} and t._deleted_at is not null and ${DELETION_RAISES}`
}

/** Leaves marked rows for keys of reported deletions (alias s) that are not known. */
export function leaveMarks(
  { layout, table }: Target,
  source: RawBuilder<unknown>,
  { now, partition, run }: Terms,
): RawBuilder<unknown> {
  const { key, partitioned, runs } = layout
  const columns = [
    ...key,
    '_cursor',
    '_synced_at',
    '_deleted_at',
    ...(partitioned ? ['_partition'] : []),
    ...(runs ? [RUN] : []),
  ]
  const values = [list([...key, '_cursor'], 's'), now, now, ...(partitioned ? [partition] : []), ...(runs ? [run] : [])]
  return sql`insert into ${table} (${list(columns)}) select ${join(values)} from ${source} as s where true on conflict do nothing`
}

/** Live rows (alias t) that lie above a reported deletion (alias s), below a position in what the step reads, and were synced before it began. */
export function aboveLateDeletion({ layout }: Target, below: bigint, terms: Terms): RawBuilder<unknown> {
  return sql`${sameKey(layout, terms)}${ofPartition(layout, terms)} and t._deleted_at is null and t._cursor > s._cursor
    and t._synced_at < ${terms.began} and ${inRange({ from: terms.read?.from, to: sql`${below}` })}`
}

/** Marks such rows. */
export function markLate(
  target: Target,
  source: RawBuilder<unknown>,
  below: bigint,
  terms: Terms,
): RawBuilder<unknown> {
  return sql`update ${target.table} as t set _deleted_at = ${terms.now}, ${stamped(target.layout, terms)} from ${source} as s
    where ${aboveLateDeletion(target, below, terms)}`
}

/**
 * Puts rows whose newer versions were rejected (alias s) where those lie: there the source has them now, and there it will
 * say that they are gone.
 */
export function followSeen({ layout, table }: Target, source: RawBuilder<unknown>, terms: Terms): RawBuilder<unknown> {
  return sql`update ${table} as t set _cursor = s._cursor from ${source} as s
    where ${sameKey(layout, terms)}${ofPartition(layout, terms)} and t._deleted_at is null and s._cursor > t._cursor`
}

/** Live rows of a scope that did not come back (alias t). @param before only those that were synced before the step began. */
function isVanished(
  { layout }: Target,
  staging: RawBuilder<unknown>,
  terms: Terms,
  before: boolean,
): RawBuilder<unknown> {
  const synced = before ? sql` and t._synced_at < ${terms.began}` : sql``
  return sql`${inScope(layout, terms)} and t._deleted_at is null${synced}
    and not exists (select 1 from ${staging} as s where ${sameStagedKey(layout.key)} and s._kind <> 1)`
}

const sameStagedKey = (key: readonly string[]) => and(key.map((name) => sql`s.${id(name)} = t.${id(name)}`))

/** Marks the rows of a scope that did not come back. */
export function markVanished(
  target: Target,
  staging: RawBuilder<unknown>,
  terms: Terms,
  before: boolean,
): RawBuilder<unknown> {
  return sql`update ${target.table} as t set _deleted_at = ${terms.now}, ${stamped(target.layout, terms)}
    where ${isVanished(target, staging, terms, before)}`
}

/** The rows of a step's scope that neither came back nor were reported as deleted (alias t). */
export function missingRows(target: Target, staging: RawBuilder<unknown>, terms: Terms): RawBuilder<unknown> {
  return sql`${target.table} as t where ${isVanished(target, staging, terms, true)}
    and not exists (select 1 from ${staging} as s where ${sameStagedKey(target.layout.key)} and ${DELETION_SUPERSEDES})`
}
