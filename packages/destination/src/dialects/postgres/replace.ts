import type { Rail } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { type Held, heldBy } from '../../rows/rail.ts'
import type { Moved } from '../../rows/row-writer.ts'
import { dataColumns } from '../../table/columns.ts'
import { hasBeside } from './beside.ts'
import type { Session } from './sessions.ts'
import { moveHalving } from './slices.ts'
import { type PostgresStaging, stagingTable } from './staging.ts'
import {
  comparable,
  inScope,
  list,
  mainTable,
  moment,
  type Named,
  type Scope,
  systemColumns,
  type Target,
} from './statements.ts'
import { changed, count } from './write.ts'

const { id, join } = sql
/** Equal rows, old and new, of a table without a key. */
const KEPT = sql`pg_temp._tidemark_kept`

export interface Replacement {
  readonly session: Session
  readonly target: Target
  readonly staging: PostgresStaging
  readonly named: Named
  readonly scope: Scope
  readonly rail: Rail | undefined
  /** Some rows of the pass were rejected, and nobody can say which ones: an old row may be one of them. */
  readonly blind: boolean
}

/**
 * Replaces the rows of a scope in a table without a key. Rows that are there already, as often as they come, are left
 * alone and count as unchanged. Where a row was rejected none may go: it could be the one that was rejected.
 */
export async function replaceRows(replacement: Replacement): Promise<Moved> {
  const { session, target, staging, named, scope, rail, blind } = replacement
  const { layout } = target
  const { rows } = staging
  const { db, client } = session
  const table = mainTable(target)
  const old = await count(session, sql`select count(*) from ${table} as t where ${inScope(scope)}`)
  await sql`create temp table _tidemark_kept (old tid, part oid, new bigint) on commit drop`.execute(db)
  const same = old === 0 || rows === 0 ? 0 : await match(replacement)
  const gone = old - same
  const all: Held = { gone, of: old }
  const held =
    blind && gone > 0
      ? all
      : await heldBy(rail, {
          gone,
          ofScope: async () => old,
          ofTable: () => count(session, sql`select count(*) from ${table}`),
          leavesNone: async () =>
            rows === 0 && (rail?.replaces === undefined || !(await hasBeside(session, target, rail, named))),
        })
  const none = { written: 0, deduped: 0, deleted: 0 }
  if (held !== undefined) return { ...none, unchanged: rows, rejects: [], held }
  if (gone > 0) {
    await client.query('savepoint replacing')
    await changed(
      session,
      sql`delete from ${table} as t where ${inScope(scope)} and not exists (select from ${KEPT} as k where k.old = t.ctid and k.part = t.tableoid)`,
    )
  }
  const columns = dataColumns(layout)
  const values = [...columns, '_cursor'].map((name) => sql`s.${id(name)}`)
  const shared = layout.partitioned ? sql`${moment(named.now)}, ${named.partition}` : moment(named.now)
  const { written, rejects } = await moveHalving(
    session,
    staging,
    (source) =>
      changed(
        session,
        sql`insert into ${table} (${list([...columns, ...systemColumns(layout)])}) select ${join(values)}, ${shared} from ${source} as s order by s._at`,
      ),
    sql`not exists (select from ${KEPT} as k where k.new = n._at)`,
  )
  // What the database refuses is seen only now.
  const back = rejects.length > 0 && gone > 0
  if (gone > 0) await client.query(back ? 'rollback to replacing; release replacing' : 'release replacing')
  if (back) return { ...none, unchanged: rows - rejects.length, rejects, held: all }
  return { written, unchanged: same, deduped: 0, deleted: gone, rejects }
}

/**
 * Pairs equal rows of the scope and of the staging table one to one: the first with the first, the second with the
 * second. By sorting both together, because a join takes NULLs for different.
 */
async function match({ session, target, staging, scope }: Replacement): Promise<number> {
  const { layout } = target
  const columns = gathered(comparable(layout, 'r'))
  const names = [...dataColumns(layout), '_cursor']
  const both = sql`select t.ctid as _synced_at, t.tableoid as tableoid, cast(null as bigint) as _deleted_at, ${join(names.map((name) => sql`t.${id(name)}`))}
    from ${mainTable(target)} as t where ${inScope(scope)}
    union all select null, null, s._at, ${join(names.map((name) => sql`s.${id(name)}`))} from ${stagingTable(staging)} as s where s._kind = 0`
  // The row's place and its number are called by names that no column of a source has.
  const numbered = sql`select r.*, row_number() over (partition by ${join(columns)}, (r._synced_at is null) order by r._deleted_at) as _partition from (${both}) as r`
  const paired = sql`select max(r._synced_at) as old, max(r.tableoid) as part, max(r._deleted_at) as new from (${numbered}) as r
    group by ${join(columns)}, r._partition having count(*) = 2`
  return await changed(session, sql`insert into ${KEPT} (old, part, new) ${paired}`)
}

/** The most expressions of a list (documentation, "PostgreSQL Limits") leave no room for those of a table that is wide. */
const MANY = 500

/** Expressions that rows are paired by; very many of them as a few rows of many. */
function gathered(expressions: readonly RawBuilder<unknown>[]): readonly RawBuilder<unknown>[] {
  if (expressions.length <= MANY) return expressions
  return chunks(expressions, MANY).map((some) => sql`row(${join(some)})`)
}
