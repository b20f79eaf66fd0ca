import type { Destination } from '@tidemark/core/engine'
import { literal, quotedName, whole } from '../values/literal.ts'
import { TABLE_CREATED } from './shape-changes.ts'

type Asked = Pick<Destination, 'query'>

/** Something that was done to a table's shape: `column "note" added`. */
export interface ShapeChange {
  readonly table: string
  readonly change: string
  /** Microseconds since 1970. */
  readonly changedAt: bigint
}

/** What was done to the shapes of tables, the newest first. */
export async function listChanges(
  destination: Asked,
  { table, limit }: { readonly table?: string | undefined; readonly limit?: number | undefined } = {},
): Promise<readonly ShapeChange[]> {
  const where = table === undefined ? '' : ` where name = ${literal(table)}`
  const { rows } = await destination.query(
    `select name, change, changed_at from _tidemark_changes${where} order by id desc${limit === undefined ? '' : ` limit ${whole(limit)}`}`,
  )
  return rows.map(([name, change, at]) => ({
    table: String(name),
    change: String(change),
    changedAt: BigInt(at as bigint),
  }))
}

/** How often the shape of each table was changed after it was created, and the last change. */
export async function countChanges(
  destination: Asked,
): Promise<ReadonlyMap<string, { readonly count: number; readonly last: string }>> {
  const { rows } = await destination.query(
    `select c.name, n.changes, c.change from _tidemark_changes c join (
      select name, count(*) as changes, max(id) as newest from _tidemark_changes where change <> ${literal(TABLE_CREATED)} group by name
    ) n on n.newest = c.id`,
  )
  return new Map(rows.map(([name, count, last]) => [String(name), { count: Number(count), last: String(last) }]))
}

/** How many rows a table holds that are not marked as deleted, counted up to `most` and no further. */
export async function countRows(
  destination: Asked,
  table: string,
  { most }: { readonly most: number },
): Promise<{ readonly rows: number; readonly isExact: boolean }> {
  const { rows } = await destination.query(
    `select count(*) from (select 1 from ${quotedName(table)} where _deleted_at is null limit ${whole(most + 1)}) counted`,
  )
  const count = Number(rows[0]?.[0] ?? 0)
  return count > most ? { rows: most, isExact: false } : { rows: count, isExact: true }
}
