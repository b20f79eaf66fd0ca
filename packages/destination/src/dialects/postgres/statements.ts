import type { ColumnType, Range } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { dataColumns, dataTypes, identifying, type Layout } from '../../table/columns.ts'

const { id, join, raw } = sql

/** What a version of a row must be so that it replaces the one that is there. */
export type Order =
  /**
   * Not older (a deletion wins a tie); or the one that is there lies in what the step reads and was synced before it began:
   * what the source gives now is the truth, whatever its stamp.
   */
  | 'ordered'
  /** Not older, or the one that is there was synced before the step began: the source is the truth. */
  | 'reread'
  /** Anything goes: the table has no cursor. */
  | 'any'

/** A table that is written, and how its rows lie. */
export interface Target {
  readonly layout: Layout
  readonly schema: string
}

/** What the statements of one step share. Instants as texts. */
export interface Named {
  readonly now: string
  readonly began: string
  readonly partition: string
  /** What the step reads, and where what comes is the truth about rows that were synced before it began. */
  readonly read: Range | undefined
  readonly truth: Range | undefined
}

export const list = (names: readonly string[]): RawBuilder<unknown> => join(names.map((name) => id(name)))
export const mainTable = ({ schema, layout }: Target): RawBuilder<unknown> => id(schema, layout.name)
export const moment = (text: string): RawBuilder<unknown> => sql`cast(${text} as timestamptz)`
export const and = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => join(conditions, raw(' and '))
const or = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => join(conditions, raw(' or '))

/** What a column type is called by `format_type`. */
export const TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  double: 'double precision',
  numeric: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  local_timestamp: 'timestamp without time zone',
  date: 'date',
  json: 'jsonb',
  bytes: 'bytea',
}

/** Definitions of the columns that take encoded rows with their positions. */
export function rowDefinitions(layout: Layout): readonly RawBuilder<unknown>[] {
  const types = dataTypes(layout)
  const own = dataColumns(layout).map((name, at) => sql`${id(name)} ${raw(TYPES[types[at]!])}`)
  return [...own, sql`_cursor bigint`]
}

/** Columns as they are compared: a numeric also by its scale, as 1.0 and 1.00 are written differently. */
function compared(layout: Layout, names: readonly string[]): readonly ((alias: string) => RawBuilder<unknown>)[] {
  const types = new Map(dataColumns(layout).map((name, at) => [name, dataTypes(layout)[at]]))
  return names.flatMap((name) => {
    const column = (alias: string) => sql`${raw(alias)}.${id(name)}`
    if (types.get(name) === 'text') return [(alias: string) => sql`${column(alias)} collate "C"`]
    return types.get(name) === 'numeric' ? [column, (alias: string) => sql`scale(${column(alias)})`] : [column]
  })
}

/** Expressions by which equal rows of a table without a key are paired. */
export function comparable(layout: Layout, alias: string): readonly RawBuilder<unknown>[] {
  return compared(layout, [...dataColumns(layout), '_cursor']).map((expression) => expression(alias))
}

/** What stands behind the values of a row in its table. */
export function systemColumns({ partitioned }: Layout): readonly string[] {
  return partitioned ? ['_cursor', '_synced_at', '_partition'] : ['_cursor', '_synced_at']
}

/** Whether a row of the source (alias s, or another) is that of the table (alias t). */
export function sameKey(layout: Layout, { partition }: Pick<Named, 'partition'>, source = 's'): RawBuilder<unknown> {
  const same = layout.key.map((name) => sql`t.${id(name)} = ${raw(source)}.${id(name)}`)
  return and(layout.partitioned && !layout.globalKey ? [sql`t._partition = ${partition}`, ...same] : same)
}

/**
 * Writes rows of a source, each key once, into the table. MERGE and not INSERT … ON CONFLICT: a row that stays as it is
 * is neither locked nor written then (docs/decisions/0009).
 */
export function mergeRows(
  target: Target,
  source: RawBuilder<unknown>,
  order: Order,
  named: Named,
): RawBuilder<unknown> {
  const { layout } = target
  const { now, partition } = named
  const key = identifying(layout)
  const columns = dataColumns(layout)
  const values = columns.filter((name) => !key.includes(name))
  const moves = layout.globalKey && layout.partitioned
  const differs = [
    // First what most changes change.
    sql`t._cursor is distinct from s._cursor`,
    ...compared(layout, values).map((one) => sql`${one('t')} is distinct from ${one('s')}`),
    ...(moves ? [sql`t._partition is distinct from ${partition}`] : []),
  ]
  const set = [...values, '_cursor'].map((name) => sql`${id(name)} = s.${id(name)}`)
  const shared = layout.partitioned ? sql`${moment(now)}, ${partition}` : moment(now)
  return sql`merge into ${mainTable(target)} as t using ${source} as s on ${sameKey(layout, named)}
    when matched and ${passes(order, named)}(t._deleted_at is not null or ${or(differs)}) then update set ${join(set)},
      _synced_at = ${moment(now)}, _deleted_at = null${moves ? sql`, _partition = ${partition}` : sql``}
    when not matched then insert (${list([...columns, ...systemColumns(layout)])})
      values (${join([...columns, '_cursor'].map((name) => sql`s.${id(name)}`))}, ${shared})`
}

function passes(order: Order, { began, truth }: Named): RawBuilder<unknown> {
  const newer = sql`(s._cursor < t._cursor or (t._deleted_at is not null and s._cursor = t._cursor)) is not true`
  if (order === 'any') return sql``
  const before = sql`t._synced_at < ${moment(began)}`
  if (order === 'reread') return sql`(${newer} or ${before}) and `
  return truth === undefined ? sql`${newer} and ` : sql`(${newer} or (${before} and ${inRange(truth)})) and `
}

const inRange = (range: Range): RawBuilder<unknown> => inScope({ partition: undefined, ...range })

const RAISED = sql`_cursor = case when s._cursor is null or t._cursor > s._cursor then t._cursor else s._cursor end`

/**
 * Puts rows whose newer versions were rejected (alias s) where those lie: there the source has them now, and there it will
 * say that they are gone.
 */
export function followSeen(target: Target, source: RawBuilder<unknown>, named: Named): RawBuilder<unknown> {
  const { layout } = target
  const own = layout.partitioned ? sql` and t._partition = ${named.partition}` : sql``
  return sql`update ${mainTable(target)} as t set _cursor = s._cursor from ${source} as s
    where ${sameKey(layout, named)}${own} and t._deleted_at is null and s._cursor > t._cursor`
}

/** Marks live rows that are not above told deletions (alias s). */
export function markRows(target: Target, source: RawBuilder<unknown>, named: Named): RawBuilder<unknown> {
  const { layout } = target
  const own = layout.partitioned ? sql` and t._partition = ${named.partition}` : sql``
  return sql`update ${mainTable(target)} as t set _deleted_at = ${moment(named.now)}, _synced_at = ${moment(named.now)}, ${RAISED}
    from ${source} as s where ${sameKey(layout, named)}${own} and t._deleted_at is null and (t._cursor > s._cursor) is not true`
}

/** Live rows (alias t) that lie above a told deletion (alias s), below a position in what the step reads, and were synced before it began. */
export function aboveLateDeletion({ layout }: Target, below: bigint, named: Named): RawBuilder<unknown> {
  const own = layout.partitioned ? sql` and t._partition = ${named.partition}` : sql``
  const from = named.read?.from
  return sql`${sameKey(layout, named)}${own} and t._deleted_at is null and t._cursor > s._cursor
    and t._synced_at < ${moment(named.began)} and ${inRange({ from, to: below })}`
}

/** Marks such rows. */
export function markLate(
  target: Target,
  source: RawBuilder<unknown>,
  { below, named }: { readonly below: bigint; readonly named: Named },
): RawBuilder<unknown> {
  const now = moment(named.now)
  return sql`update ${mainTable(target)} as t set _deleted_at = ${now}, _synced_at = ${now} from ${source} as s
    where ${aboveLateDeletion(target, below, named)}`
}

/** Raises the positions of marks. */
export function raiseMarks(target: Target, source: RawBuilder<unknown>, named: Named): RawBuilder<unknown> {
  const { layout } = target
  const own = layout.partitioned ? sql` and t._partition = ${named.partition}` : sql``
  return sql`update ${mainTable(target)} as t set _synced_at = ${moment(named.now)}, ${RAISED}
    from ${source} as s where ${sameKey(layout, named)}${own} and t._deleted_at is not null and s._cursor is not null and (t._cursor >= s._cursor) is not true`
}

/** Leaves marked rows for unknown keys. */
export function leaveMarks(
  target: Target,
  source: RawBuilder<unknown>,
  { now, partition }: Named,
): RawBuilder<unknown> {
  const { layout } = target
  const columns = [...layout.key, '_cursor', '_synced_at', '_deleted_at', ...(layout.partitioned ? ['_partition'] : [])]
  const values = [...layout.key, '_cursor'].map((name) => sql`s.${id(name)}`)
  const shared = [moment(now), moment(now), ...(layout.partitioned ? [sql`${partition}`] : [])]
  return sql`insert into ${mainTable(target)} (${list(columns)}) select ${join([...values, ...shared])} from ${source} as s on conflict do nothing`
}

/** Rows of a partition, or of its window. */
export interface Scope {
  readonly partition: string | undefined
  readonly from: bigint | undefined
  readonly to: bigint | undefined
}

export function inScope({ partition, from, to }: Scope): RawBuilder<unknown> {
  const conditions = [
    ...(partition === undefined ? [] : [sql`t._partition = ${partition}`]),
    ...(from === undefined ? [] : [sql`t._cursor >= ${from}`]),
    ...(to === undefined ? [] : [sql`t._cursor < ${to}`]),
  ]
  return conditions.length === 0 ? sql`true` : and(conditions)
}

export interface Vanishing {
  readonly named: Named
  readonly scope: Scope
  /** Only rows that were synced before the step began. */
  readonly onlyBefore: boolean
}

/** Rows of a scope that did not come back. */
function isVanished(
  { layout }: Target,
  staging: RawBuilder<unknown>,
  { named, scope, onlyBefore }: Vanishing,
): RawBuilder<unknown> {
  const same = layout.key.map((name) => sql`s.${id(name)} = t.${id(name)}`)
  const before = onlyBefore ? sql` and t._synced_at < ${moment(named.began)}` : sql``
  return sql`${inScope(scope)} and t._deleted_at is null${before}
    and not exists (select from ${staging} as s where ${and(same)} and s._kind <> 1)`
}

/** Marks the rows of a scope that did not come back. */
export function markVanished(target: Target, staging: RawBuilder<unknown>, vanishing: Vanishing): RawBuilder<unknown> {
  const now = moment(vanishing.named.now)
  return sql`update ${mainTable(target)} as t set _deleted_at = ${now}, _synced_at = ${now}
    where ${isVanished(target, staging, vanishing)}`
}

/** The rows of a step's scope that neither came back nor were reported as deleted (alias t). */
export function missingRows(
  target: Target,
  staging: RawBuilder<unknown>,
  vanishing: Omit<Vanishing, 'onlyBefore'>,
): RawBuilder<unknown> {
  const same = target.layout.key.map((name) => sql`s.${id(name)} = t.${id(name)}`)
  return sql`${mainTable(target)} as t where ${isVanished(target, staging, { ...vanishing, onlyBefore: true })}
    and not exists (select from ${staging} as s where ${and(same)} and (t._cursor > s._cursor) is not true)`
}

/** Rereads look rows up by their position; loads do not, so a table with a key has this index only from its first reread. */
export function indexPositions(
  schema: string,
  { name, partitioned }: Pick<Layout, 'name' | 'partitioned'>,
  lease: number,
): RawBuilder<unknown> {
  const columns = partitioned ? ['_partition', '_cursor'] : ['_cursor']
  return sql`create index if not exists ${id(`_tidemark_position_${lease}`)} on ${id(schema, name)} (${list(columns)})`
}
