import type { Destination } from '@tidemark/core/engine'
import { literal, quotedName, whole } from '../values/literal.ts'

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
