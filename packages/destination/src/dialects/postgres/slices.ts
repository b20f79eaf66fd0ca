import type { Reject } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { rejectOf } from '../../rows/refused.ts'
import { dataColumns } from '../../table/columns.ts'
import { decodeText } from './forms.ts'
import { attempt } from './load.ts'
import type { Session } from './sessions.ts'
import { type PostgresStaging, stagingTable } from './staging.ts'
import { list } from './statements.ts'

interface Moving {
  readonly written: number
  readonly rejects: readonly Reject[]
}

/**
 * Moves the rows of a staging table. Where the server refuses some, halves of them, until those that it refuses alone
 * are found; they become rejects.
 *
 * @param insert moves the rows of a query (alias s) and says how many rows it changed.
 * @param among a condition that all rows to be moved fulfil.
 */
export async function moveHalving(
  session: Session,
  staging: PostgresStaging,
  insert: (rows: RawBuilder<unknown>) => Promise<number>,
  among: RawBuilder<unknown> = sql`true`,
): Promise<Moving> {
  const table = stagingTable(staging)
  return await halves(0, staging.entries)

  async function halves(first: number, end: number): Promise<Moving> {
    const rows = sql`(select * from ${table} as n where _kind = 0 and _at >= ${first} and _at < ${end} and ${among})`
    const tried = await attempt(session, () => insert(rows))
    if (tried.ok) return { written: tried.value, rejects: [] }
    if (end - first <= 1) {
      const row = await stagedRow(session, staging, first)
      return { written: 0, rejects: [rejectOf(staging.target.layout, row, tried.error, decodeText as never)] }
    }
    const middle = first + Math.ceil((end - first) / 2)
    const left = await halves(first, middle)
    const right = await halves(middle, end)
    return { written: left.written + right.written, rejects: [...left.rejects, ...right.rejects] }
  }
}

async function stagedRow({ db, client }: Session, staging: PostgresStaging, at: number): Promise<readonly unknown[]> {
  const columns = list([...dataColumns(staging.target.layout), '_cursor'])
  const { sql: text } = sql`select ${columns} from ${stagingTable(staging)} where _at = ${sql.lit(at)}`.compile(db)
  // All as the texts that the server writes, but for the position.
  const types = { getTypeParser: () => (value: string) => value }
  const { rows } = await client.query({ text, rowMode: 'array', types: types as never })
  const [row] = rows as unknown[][]
  if (row === undefined) throw new Error(`the staged row ${at} is gone`)
  const position = row.at(-1) as string | null
  return [...row.slice(0, -1), position === null ? null : BigInt(position)]
}
