import type { DuckDBConnection } from '@duckdb/node-api'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'
import type { LoadInto } from '../dialect.ts'
import type { EncodedRows } from '../encoded-rows.ts'
import { APPENDS, TYPE_NAMES } from './column-types.ts'

const NAME = '_tidemark_part'
const PART = sql.id('temp', 'main', NAME)

/** Puts encoded rows into a table of this connection, `_at` counting them from 0, and works with it there. */
export async function withPart<T>(
  { connection, db }: { readonly connection: DuckDBConnection; readonly db: Kysely<StateDatabase> },
  { columns, types }: Pick<LoadInto, 'columns' | 'types'>,
  rows: EncodedRows,
  work: (part: RawBuilder<unknown>) => Promise<T>,
): Promise<T> {
  const definitions = columns.map((name, at) => sql`${sql.id(name)} ${sql.raw(TYPE_NAMES[types[at]!])}`)
  await sql`create temp table ${sql.id(NAME)} (${sql.join(definitions)}, _at bigint)`.execute(db)
  const appender = await connection.createAppender(NAME, 'main', 'temp')
  try {
    const append = types.map((type) => APPENDS[type])
    for (const [number, row] of rows.entries()) {
      for (let at = 0; at < append.length; at++) {
        const value = row[at]
        if (value === null || value === undefined) appender.appendNull()
        else append[at]!(appender, value)
      }
      appender.appendBigInt(BigInt(number))
      appender.endRow()
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
  const result = await work(PART)
  await sql`drop table ${PART}`.execute(db)
  return result
}
