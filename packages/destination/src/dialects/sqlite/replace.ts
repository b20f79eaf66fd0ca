import type { Rail } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { type Held, heldBy } from '../../rows/rail.ts'
import type { Moved } from '../../rows/row-writer.ts'
import { dataColumns } from '../../table/columns.ts'
import { hasBeside } from './beside.ts'
import { moveSliced } from './slices.ts'
import { balanced, inScope, keptTable, mainTable, type Scope, stagingTable, systemColumns } from './statements.ts'
import type { Named, Target } from './target.ts'

const { id, join, raw } = sql

export interface Replacement {
  readonly target: Target
  readonly slot: number
  readonly named: Named
  readonly scope: Scope
  readonly rail: Rail | undefined
  /** Rows in the staging table. */
  readonly rows: number
  /** Some rows of the pass were rejected, and nobody can say which ones: an old row may be one of them. */
  readonly blind: boolean
}

/**
 * Replaces the rows of a scope in a table without a key. Rows that are there already, as often as they come, are left
 * alone and count as unchanged. Where a row was rejected none may go: it could be the one that was rejected.
 */
export async function replaceRows({ target, slot, named, scope, rail, rows, blind }: Replacement): Promise<Moved> {
  const { layout } = target
  const table = mainTable(layout.name)
  const kept = keptTable(slot)
  const variant = `${scope.from} ${scope.to} @${slot}`
  const old = target.count(
    `old ${variant}`,
    () => sql`select count(*) from ${table} as t where ${inScope(scope)}`,
    named,
  )
  target.run(
    `create kept @${slot}`,
    () => sql`create table ${kept} (old integer primary key, new integer not null unique) strict`,
    {},
  )
  const same = old === 0 || rows === 0 ? 0 : target.run(`match ${variant}`, () => match(target, slot, scope), named)
  const gone = old - same
  const all: Held = { gone, of: old }
  const held =
    blind && gone > 0
      ? all
      : await heldBy(rail, {
          gone,
          ofScope: () => old,
          ofTable: () => target.count('all', () => sql`select count(*) from ${table}`, {}),
          leavesNone: () => rows === 0 && (rail?.replaces === undefined || !hasBeside(target, rail, named)),
        })
  const none = { written: 0, deduped: 0, deleted: 0 }
  if (held !== undefined) return { ...none, unchanged: rows, rejects: [], held }
  if (gone > 0) {
    target.raw.exec('savepoint replacing')
    const rest = () =>
      sql`delete from ${table} as t where ${inScope(scope)} and t._rowid_ not in (select old from ${kept})`
    target.run(`clear ${variant}`, rest, named)
  }
  const columns = dataColumns(layout)
  const insert = () => sql`insert into ${table} (${names([...columns, ...systemColumns(layout)])})
    select ${names(columns)}, _cursor, ${raw(layout.partitioned ? ':now, :partition' : ':now')} from ${stagingTable(slot)}
    where _rowid_ >= :first and _rowid_ <= :last and _rowid_ not in (select new from ${kept}) order by _rowid_`
  const { written, rejects } = await moveSliced(target, slot, (first, last) =>
    target.run(`append @${slot}`, insert, { ...named, first, last }),
  )
  // What the database refuses is seen only now.
  const back = rejects.length > 0 && gone > 0
  if (gone > 0) target.raw.exec(back ? 'rollback to replacing; release replacing' : 'release replacing')
  if (back) return { ...none, unchanged: rows - rejects.length, rejects, held: all }
  return { written, unchanged: same, deduped: 0, deleted: gone, rejects }
}

const names = (all: readonly string[]) => join(all.map((name) => id(name)))

/**
 * Pairs equal rows of the scope and of the staging table one to one: the first with the first, the second with the
 * second. The row's number and its count are called by names that no column of a source has.
 */
function match({ layout }: Target, slot: number, scope: Scope): RawBuilder<unknown> {
  const columns = [...dataColumns(layout), '_cursor']
  const counted = sql`_rowid_ as _deleted_at, row_number() over (partition by ${names(columns)}) as _synced_at, ${names(columns)}`
  const equal = balanced(
    columns.map((name) => sql`o.${id(name)} is n.${id(name)}`),
    'and',
  )
  return sql`insert into ${keptTable(slot)} (old, new) select o._deleted_at, n._deleted_at from
    (select ${counted} from ${mainTable(layout.name)} as t where ${inScope(scope)}) as o
    join (select ${counted} from ${stagingTable(slot)}) as n on o._synced_at = n._synced_at and (${equal})`
}
