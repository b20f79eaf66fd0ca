import type { BinaryPage } from '@tidemark/core'
import { abortable } from '@tidemark/core/values'
import { sql } from 'kysely'
import type pg from 'pg'
import { ChangedColumn } from '../changed-column.ts'
import type { Asked, Reads, Row, Rows } from '../database.ts'
import { PageSize } from '../page-size.ts'
import { compiler, type Dialect, selectOf } from '../select.ts'
import { binaryReads, pageMaker } from './binary-rows.ts'
import { POSTGRES_CURSOR_TYPES } from './cursor-types.ts'
import { type DataRowParser, rowMaker } from './data-row-parser.ts'
import { Page } from './page.ts'
import { isRewritten } from './rewritten.ts'
import { ask } from './session.ts'

export const dialect: Dialect = {
  compile: compiler('postgres'),
  only: true,
  rowsAsValues: false,
  // As the text that the column's own type reads.
  keyValues: ({ kind }, _column, value) => {
    const text = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value)
    return [sql`${text}::text::${sql.raw(kind)}`]
  },
  // Postgres knows no year 0, which is the earliest that a bound can say.
  bound: (value, type) =>
    sql`${String(value).startsWith('0000') ? '-infinity' : String(value)}::${sql.raw(POSTGRES_CURSOR_TYPES[type].parameter)}`,
}

/**
 * Reads a window, or a whole table, in the open transaction of a client: all pages are of one snapshot.
 *
 * @returns `again` before any page where the snapshot does not hold the table as it is: another transaction may.
 */
export async function* readPages(
  session: { readonly client: pg.Client; readonly tap: DataRowParser },
  reads: Reads,
  asked: Asked & { readonly timeoutMs: number },
): AsyncGenerator<Rows, 'done' | 'again'> {
  const { client, tap } = session
  const { signal, timeoutMs } = asked
  const parts = reads.bounds?.nulls === true ? (['nulls', 'window'] as const) : (['window'] as const)
  const binary = tap.isReading ? await abortable(binaryReads(client, reads), signal) : undefined
  const maker = rowMaker((binary ?? reads).columns)
  const makePage = binary && pageMaker(binary.columns)
  const fetch = (rows: number) => Page.fetch<Row | BinaryPage<Row>>({ client, tap }, maker, rows, makePage)
  const size = new PageSize()
  for (const part of parts) {
    const orderBy = part === 'window' && reads.bounds?.ordered === true ? [reads.bounds.column] : []
    const { sql: text, parameters } = selectOf(binary ?? reads, dialect, { range: part, orderBy })
    const declared = client.query({
      text: `DECLARE tidemark ${binary === undefined ? '' : 'BINARY '}NO SCROLL CURSOR FOR ${text}`,
      values: [...parameters],
    })
    await abortable(declared, signal)
    if (part === parts[0] && (await abortable(isRewritten(client), signal))) return 'again'
    if (part === parts[0]) {
      // An answer that the server makes of a column hides its type; the bytes of another type are other bytes.
      const looked = binary?.columns ?? reads.columns.filter(({ select }) => select !== undefined)
      const changed = await abortable(changedAmong(client, reads.table, looked), signal)
      if (changed !== undefined && binary !== undefined) {
        // As values they may be what they were.
        await abortable(client.query('CLOSE tidemark'), signal)
        return yield* readPages(session, { ...reads, binary: undefined }, asked)
      }
      if (changed !== undefined) throw new ChangedColumn(changed)
      // The server would also count the time in which it waits for us.
      await abortable(client.query('SET LOCAL statement_timeout = 0'), signal)
    }
    let page = fetch(size.rows)
    for (;;) {
      const { items, done } = await abortable(page.next(timeoutMs), signal)
      if (done) size.learn(page.rows, page.bytes)
      // Asked for before this one is handed on: the server works on it meanwhile.
      const next = done && !page.isLast ? fetch(size.rows) : undefined
      if (binary !== undefined) yield* items as readonly BinaryPage<Row>[]
      else if (items.length > 0) yield items as readonly Row[]
      if (next !== undefined) page = next
      else if (done) break
    }
    await abortable(client.query('CLOSE tidemark'), signal)
  }
  return 'done'
}

const KINDS = `SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`

/** One of some columns that is of another type than when it was found. */
async function changedAmong(
  client: pg.Client,
  table: Reads['table'],
  columns: Reads['columns'],
): Promise<string | undefined> {
  if (columns.length === 0) return undefined
  const kinds = new Map((await ask(client, KINDS, [table.schema, table.relation])).map(([name, kind]) => [name, kind]))
  const kindOf = new Map(table.columns.map(({ name, answerKind }) => [name, answerKind]))
  return columns.find(({ name }) => kinds.get(name) !== kindOf.get(name))?.name
}
