import { type RawBuilder, sql } from 'kysely'
import type { Connection } from 'mysql2'
import { orAborted } from '../abort.ts'
import { ChangedColumn } from '../changed-column.ts'
import type { Asked, Reads, Row } from '../database.ts'
import { PageSize } from '../page-size.ts'
import { behind, compiler, type Dialect, selectOf } from '../select.ts'
import { type AnswerColumn, answeredKind } from './answer.ts'
import { type Answer, ask, askWhole, type RawRow, type Session } from './session.ts'

export const dialect: Dialect = {
  compile: compiler('mysql'),
  only: false,
  bound: (value, type) =>
    type === 'integer' ? sql.raw(String(value)) : sql`${String(value).replace('T', ' ').replace('Z', '')}`,
}

type Part = 'window' | 'nulls'

/** Reads a window, or a whole table, in the open transaction of a connection: all pages are of one snapshot. */
export async function* readPages(session: Session, reads: Reads, asked: Asked): AsyncGenerator<readonly Row[]> {
  const { connection } = session
  const parts: readonly Part[] = reads.bounds?.nulls === true ? ['nulls', 'window'] : ['window']
  for (const part of parts) {
    const order = orderOf(reads, part)
    if (order === undefined) yield* streamed(session, reads, part, asked)
    else yield* paged(connection, reads, { part, order }, asked)
  }
}

/**
 * The columns that pages follow: the cursor, where rows come in its order, and the table's own key. Undefined where a
 * page could not go on exactly behind the one before.
 */
function orderOf({ table, bounds }: Reads, part: Part): readonly string[] | undefined {
  const { key, columns } = table
  const isPageable = (name: string): boolean => columns.some((column) => column.name === name && column.pageable)
  if (key.length === 0) return undefined
  const cursor = part === 'window' && bounds?.ordered === true ? [bounds.column] : []
  const order = [...cursor, ...key.filter((name) => !cursor.includes(name))]
  return order.every(isPageable) ? order : undefined
}

/** Page after page, each a short statement: a slow reader holds nothing up, and no timeout counts the time it takes. */
async function* paged(
  connection: Connection,
  reads: Reads,
  { part, order }: { readonly part: Part; readonly order: readonly string[] },
  { signal }: Asked,
): AsyncGenerator<readonly Row[]> {
  const size = new PageSize()
  const decode = decoder(reads)
  const checked = checkedColumns(reads)
  // As they are in the table, behind the columns that are read: those may be left out, or be decoded.
  const more = [...order, ...checked.more].map((name) => sql.id(name))
  const pageAfter = (after: RawRow | undefined, limit: number): Promise<Answer> => {
    const where =
      after === undefined
        ? []
        : [
            behind(
              order,
              order.map((name, at) => literal(reads, name, after[reads.columns.length + at]!)),
            ),
          ]
    const statement = selectOf(reads, dialect, { part, orderBy: order, where, limit, more })
    const answer = askWhole(connection, statement.sql, statement.parameters)
    answer.catch(() => {})
    return answer
  }
  let limit = size.rows
  let next = pageAfter(undefined, limit)
  for (;;) {
    const { rows: raw, columns } = await orAborted(next, signal)
    checked.check(columns, order.length)
    const isLast = raw.length < limit
    size.learn(raw.length, bytesOf(raw))
    limit = size.rows
    if (!isLast) next = pageAfter(raw.at(-1)!, limit)
    if (raw.length > 0) yield raw.map(decode)
    if (isLast) return
  }
}

/** A value of the last row, exactly as it was: a number compared as a text would be rounded to a double. */
function literal({ table }: Reads, name: string, raw: Buffer | null): RawBuilder<unknown> {
  const kind = table.columns.find((column) => column.name === name)?.kind.toLowerCase() ?? ''
  if (raw === null) return sql`null`
  const shown = raw.toString('utf8')
  if (/^(\w*int|decimal)/.test(kind) && /^-?\d+(\.\d+)?$/.test(shown)) return sql.raw(shown)
  return /^(var)?binary/.test(kind) ? sql`${raw}` : sql`${shown}`
}

const STREAMED_ROWS = 2000

/** One statement, its rows as they come: for tables without a key to go on from. */
async function* streamed(
  { connection, isMariaDb }: Session,
  reads: Reads,
  part: Part,
  { signal }: Asked,
): AsyncGenerator<readonly Row[]> {
  const orderBy = part === 'window' && reads.bounds?.ordered === true ? [reads.bounds.column] : []
  const checked = checkedColumns(reads)
  const more = checked.more.map((name) => sql.id(name))
  const { sql: text, parameters } = selectOf(reads, dialect, { part, orderBy, more })
  // Here the server's timeout would also count the time in which rows are written elsewhere.
  const timeout = isMariaDb ? 'max_statement_time' : 'max_execution_time'
  const [before] = await ask(connection, `SELECT @@SESSION.${timeout}`)
  await ask(connection, `SET SESSION ${timeout} = 0`)
  const query = connection.query({ sql: text, values: [...parameters], rowsAsArray: true, typeCast: false })
  let columns: readonly AnswerColumn[] | undefined
  query.on('fields', (fields: readonly AnswerColumn[] | undefined) => {
    columns ??= fields
  })
  const stream = query.stream({ highWaterMark: STREAMED_ROWS })
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<RawRow>
  const decode = decoder(reads)
  let page: Row[] = []
  let bytes = 0
  for (;;) {
    const next = await orAborted(iterator.next(), signal)
    if (columns !== undefined) checked.check(columns, 0)
    columns = []
    if (next.done === true) break
    page.push(decode(next.value))
    bytes += bytesOf([next.value])
    if (page.length < STREAMED_ROWS && bytes < 4 << 20) continue
    yield page
    page = []
    bytes = 0
  }
  if (page.length > 0) yield page
  await ask(connection, `SET SESSION ${timeout} = ${before![0]!.toString()}`)
}

interface Checked {
  /** Columns that are asked for once more as they are, because what is read is made of them. */
  readonly more: readonly string[]
  /** @throws ChangedColumn where an answer is not of the kind that the decoder was made for. */
  check(columns: readonly AnswerColumn[], between: number): void
}

function checkedColumns({ table, columns }: Reads): Checked {
  const kinds = new Map(table.columns.map(({ name, answerKind }) => [name, answerKind]))
  const more = columns.filter(({ select }) => select !== undefined).map(({ name }) => name)
  return {
    more,
    check(answered, between) {
      if (answered.length === 0) return
      for (const [at, { name, select }] of columns.entries()) {
        const kind = kinds.get(name)
        const column = answered[select === undefined ? at : columns.length + between + more.indexOf(name)]
        if (kind !== undefined && (column === undefined || answeredKind(column) !== kind)) throw new ChangedColumn(name)
      }
    },
  }
}

function decoder({ columns }: Reads): (raw: RawRow) => Row {
  const template: Row = Object.fromEntries(columns.map(({ name }) => [name, null]))
  return (raw) => {
    const row = { ...template }
    for (const [at, { name, decode }] of columns.entries()) {
      const value = raw[at]
      if (value != null) row[name] = decode === undefined ? value : decode(value as never)
    }
    return row
  }
}

function bytesOf(rows: readonly RawRow[]): number {
  let bytes = 0
  for (const row of rows) for (const value of row) bytes += value?.length ?? 0
  return bytes
}
