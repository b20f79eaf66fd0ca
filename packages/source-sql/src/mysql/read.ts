import { abortable } from '@tidemark/core/values'
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from 'mysql2'
import { ChangedColumn } from '../changed-column.ts'
import type { Asked, Reads, Row, Selected } from '../database.ts'
import type { FoundColumn } from '../found-table.ts'
import { PageSize } from '../page-size.ts'
import { behind, compiler, type Dialect, selectOf } from '../select.ts'
import { type AnswerColumn, answeredKind } from './answer.ts'
import { RowsAsTheyCome } from './rows.ts'
import { ask, type RawRow, type Session } from './session.ts'

export const dialect: Dialect = {
  compile: compiler('mysql'),
  only: false,
  rowsAsValues: false,
  keyValues,
  bound: (value, type) =>
    type === 'integer' ? sql.raw(String(value)) : sql`${String(value).replace('T', ' ').replace('Z', '')}`,
}

/** A value of a key as the column's own type has it. */
function keyValues(
  { kind }: FoundColumn,
  { type }: Selected,
  value: unknown,
): readonly RawBuilder<unknown>[] | undefined {
  if (value instanceof Uint8Array) return [sql`${Buffer.from(value)}`]
  const text = String(value)
  if (/^(\w*int|decimal|year)/.test(kind) && /^-?\d+(\.\d+)?$/.test(text)) return [sql.raw(text)]
  if (/^(float|double|bit|point|geometry)/.test(kind)) return undefined
  return [type === 'text' ? sql`${text}` : sql`${text.replace('T', ' ').replace('Z', '')}`]
}

type Part = 'window' | 'nulls'
type ReadAsked = Asked & { readonly timeoutMs: number }

/** Reads a window, or a whole table, in the open transaction of a connection: all pages are of one snapshot. */
export async function* readPages(
  { connection, isMariaDb }: Session,
  reads: Reads,
  asked: ReadAsked,
): AsyncGenerator<readonly Row[]> {
  // The server would also count the time in which it waits for us.
  const timeout = isMariaDb ? 'max_statement_time' : 'max_execution_time'
  const [before] = await ask(connection, `SELECT @@SESSION.${timeout}`)
  await ask(connection, `SET SESSION ${timeout} = 0`)
  const parts: readonly Part[] = reads.bounds?.nulls === true ? ['nulls', 'window'] : ['window']
  for (const range of parts) {
    const order = orderOf(reads, range)
    if (order === undefined) yield* streamed(connection, reads, range, asked)
    else yield* paged(connection, reads, { range, order }, asked)
  }
  await ask(connection, `SET SESSION ${timeout} = ${before![0]!.toString()}`)
}

/**
 * The columns that pages follow: the cursor, where rows come in its order, and the table's own key. Undefined where a
 * page could not go on exactly behind the one before.
 */
function orderOf({ table, bounds, keys }: Reads, part: Part): readonly string[] | undefined {
  const { key, columns } = table
  const isPageable = (name: string): boolean => columns.some((column) => column.name === name && column.pageable)
  if (key.length === 0) return undefined
  const cursor = part === 'window' && bounds?.ordered === true ? [bounds.column] : []
  const first = keys === undefined ? cursor : [keys.column]
  const order = [...first, ...key.filter((name) => !first.includes(name))]
  return order.every(isPageable) ? order : undefined
}

/** Page after page, each a short statement: a slow reader holds nothing up. */
async function* paged(
  connection: Connection,
  reads: Reads,
  { range: part, order }: { readonly range: Part; readonly order: readonly string[] },
  { signal, timeoutMs }: ReadAsked,
): AsyncGenerator<readonly Row[]> {
  const size = new PageSize()
  const decode = decoder(reads)
  const checked = checkedColumns(reads)
  // As they are in the table, behind the columns that are read: those may be left out, or be decoded.
  const more = [...order, ...checked.more].map((name) => sql.id(name))
  const pageAfter = (after: RawRow | undefined, limit: number): RowsAsTheyCome => {
    const where =
      after === undefined
        ? []
        : [
            behind(
              order,
              order.map((name, at) => literal(reads, name, after[reads.columns.length + at]!)),
            ),
          ]
    return new RowsAsTheyCome(connection, selectOf(reads, dialect, { range: part, orderBy: order, where, limit, more }))
  }
  let limit = size.rows
  let page = pageAfter(undefined, limit)
  for (;;) {
    const { items, done } = await abortable(page.next(timeoutMs), signal)
    checked.check(page.columns, order.length)
    const isLast = done && page.rows < limit
    let next: RowsAsTheyCome | undefined
    if (done && !isLast) {
      size.learn(page.rows, page.bytes)
      limit = size.rows
      next = pageAfter(items.at(-1) ?? page.last!, limit)
    }
    if (items.length > 0) yield items.map(decode)
    if (isLast) return
    page = next ?? page
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

/** One statement, its rows as they come: for tables without a key to go on from. */
async function* streamed(
  connection: Connection,
  reads: Reads,
  part: Part,
  { signal, timeoutMs }: ReadAsked,
): AsyncGenerator<readonly Row[]> {
  const orderBy = part === 'window' && reads.bounds?.ordered === true ? [reads.bounds.column] : []
  const checked = checkedColumns(reads)
  const more = checked.more.map((name) => sql.id(name))
  const answer = new RowsAsTheyCome(connection, selectOf(reads, dialect, { range: part, orderBy, more }))
  const decode = decoder(reads)
  for (;;) {
    const { items, done } = await abortable(answer.next(timeoutMs), signal)
    checked.check(answer.columns, 0)
    if (items.length > 0) yield items.map(decode)
    if (done) return
  }
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
