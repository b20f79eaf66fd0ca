import type { Destination } from '@tidemark/core/engine'
import { chunks } from '../chunks.ts'
import { literal, quotedName, whole } from '../values/literal.ts'
import { TABLE_CREATED } from './shape-changes.ts'

type Asked = Pick<Destination, 'query'>

/** Something that was done to a table's shape: `column "note" added`. */
export interface ShapeChange {
  readonly id: number
  readonly table: string
  readonly change: string
  /** Microseconds since 1970. */
  readonly changedAt: bigint
}

export interface ListChangesOptions {
  readonly table?: string | undefined
  readonly limit?: number | undefined
  /** Only changes before the one with this id. */
  readonly before?: number | undefined
}

/** What was done to the shapes of tables, the newest first. */
export async function listChanges(
  destination: Asked,
  { table, limit, before }: ListChangesOptions = {},
): Promise<readonly ShapeChange[]> {
  const conditions = [
    ...(table === undefined ? [] : [`name = ${literal(table)}`]),
    ...(before === undefined ? [] : [`id < ${whole(before)}`]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const { rows } = await destination.query(
    `select id, name, change, changed_at from _tidemark_changes${where} order by id desc${limit === undefined ? '' : ` limit ${whole(limit)}`}`,
  )
  return rows.map(([id, name, change, at]) => ({
    id: Number(id),
    table: String(name),
    change: String(change),
    changedAt: BigInt(at as bigint),
  }))
}

/** How often the shape of each table was changed after it was created, and the last change: who paused or resumed it is left out. */
export async function countChanges(
  destination: Asked,
): Promise<ReadonlyMap<string, { readonly count: number; readonly last: string }>> {
  const { rows } = await destination.query(
    `select c.name, n.changes, c.change from _tidemark_changes c join (
      select name, count(*) as changes, max(id) as newest from _tidemark_changes where change <> ${literal(TABLE_CREATED)}
        and change not like 'paused by %' and change not like 'resumed by %' group by name
    ) n on n.newest = c.id`,
  )
  return new Map(rows.map(([name, count, last]) => [String(name), { count: Number(count), last: String(last) }]))
}

/** How many rows a table holds, as far as they were counted. */
export interface RowCount {
  readonly rows: number
  /** Whether there are no more: counting stops at a bound. */
  readonly isExact: boolean
}

interface CountOptions {
  /** Counted up to here in each table, and no further. */
  readonly most: number
}

/** How many rows a table holds that are not marked as deleted, counted up to `most` and no further. */
export async function countRows(destination: Asked, table: string, options: CountOptions): Promise<RowCount> {
  const [count] = await countOnce(destination, [table], options)
  return count!
}

// A statement of its own for each table costs more than counting does: a turn of the connection, and with Postgres a transaction.
const COUNTED_AT_ONCE = 100

/** The same for many tables, by name. A table that cannot be counted, such as one that was dropped, is left out. */
export async function countTables(
  destination: Asked,
  tables: readonly string[],
  options: CountOptions,
): Promise<ReadonlyMap<string, RowCount>> {
  const counted = new Map<string, RowCount>()
  // One that cannot be counted fails the statement of all: it is found by halves.
  const count = async (some: readonly string[]): Promise<void> => {
    const found = await countOnce(destination, some, options).catch(() => undefined)
    if (found !== undefined) {
      for (const [at, name] of some.entries()) counted.set(name, found[at]!)
      return
    }
    if (some.length === 1) return
    const middle = some.length >> 1
    await count(some.slice(0, middle))
    await count(some.slice(middle))
  }
  for (const some of chunks(tables, COUNTED_AT_ONCE)) await count(some)
  return counted
}

/** Counts in one statement, in the order of the names. */
async function countOnce(
  destination: Asked,
  tables: readonly string[],
  { most }: CountOptions,
): Promise<readonly RowCount[]> {
  const counts = tables.map(
    (table) =>
      `(select count(*) from (select 1 from ${quotedName(table)} where _deleted_at is null limit ${whole(most + 1)}) counted)`,
  )
  const { rows } = await destination.query(`select ${counts.join(', ')}`)
  return (rows[0] ?? []).map((value) => {
    const count = Number(value)
    return count > most ? { rows: most, isExact: false } : { rows: count, isExact: true }
  })
}
