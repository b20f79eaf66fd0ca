import { SyncError } from '@tidemark/core'
import { parseJson } from '@tidemark/core/values'
import { type CsvError, type InfoField, Parser } from 'csv-parse'
import { type AnswerChecks, failureIn } from './answer-checks.ts'
import { excerptOf } from './http-failure.ts'
import { headerOf, type ResponseHeaders } from './response-headers.ts'

/** How a body writes its rows where it is not JSON: one JSON value a line, or delimited text. */
export type BodyFormat = { readonly type: 'ndjson' } | CsvFormat

/** Delimited text as RFC 4180 writes it. Each value is a text, or null where nothing stands between two delimiters. */
export interface CsvFormat {
  readonly type: 'csv'
  /** `,` where absent. */
  readonly delimiter?: string | undefined
  /** The names of the columns, where the first line does not have them. */
  readonly header?: readonly string[] | undefined
  /** A body without any line has no rows, where it would otherwise be cut off. */
  readonly mayBeEmpty?: true | undefined
}

export interface RecordContext {
  readonly what: string
  readonly redact: (text: string) => string
  readonly headers: ResponseHeaders
  /** What tells an error apart from rows: a body of one JSON value may be one. */
  readonly checks?: AnswerChecks | undefined
  /** The most characters of one line (16 million). */
  readonly maxLine?: number | undefined
}

const ACCEPT = {
  ndjson: 'application/x-ndjson, application/jsonl, application/json',
  csv: 'text/csv, text/plain',
} as const
const MAX_LINE = 16_000_000
/** So many rows come at once. */
const ROWS = 1000

/** What a request asks for in a format. */
export const acceptOf = ({ type }: BodyFormat): string => ACCEPT[type]

/** The rows of a body, as they come. @throws SyncError where it is of another format, or cut off. */
export function recordsOf(
  texts: AsyncIterable<string>,
  format: BodyFormat,
  context: RecordContext,
): AsyncGenerator<unknown[]> {
  return format.type === 'csv' ? csvRecords(texts, format, context) : lineRecords(texts, context)
}

/** The values of a text that has one a line. Empty lines are left out; half a line is an error. */
async function* lineRecords(texts: AsyncIterable<string>, context: RecordContext): AsyncGenerator<unknown[]> {
  const { what, redact, maxLine = MAX_LINE } = context
  let rest = ''
  let line = 0
  const parsed = (text: string, isLast: boolean): unknown => {
    line++
    if (text.trim() === '') return undefined
    try {
      return parseJson(text)
    } catch {
      if (isLast) throw new SyncError(`${what} was cut off at line ${line}`, 'retry', { code: 'cut-off' })
      throw new SyncError(`${what}: line ${line} is not JSON: ${excerptOf(text, redact)}`, 'fix-source', {
        code: 'not-json',
      })
    }
  }
  // A body of one value may be an error that came in the place of rows: the first waits for a second.
  let first: unknown
  let count = 0
  const checked = (values: readonly unknown[]): unknown[] => {
    const before = count
    count += values.length
    if (before === 0 && count > 0) first = values[0]
    if (count < 2) return []
    return before < 2 ? [first, ...values.slice(before === 0 ? 1 : 0)] : [...values]
  }
  for await (const text of texts) {
    rest += text
    if (!text.includes('\n')) {
      if (rest.length > maxLine)
        throw new SyncError(`${what}: line ${line + 1} has more than ${maxLine} characters`, 'fix-source', {
          code: 'too-large',
        })
      continue
    }
    const lines = rest.split('\n')
    rest = lines.pop()!
    const values = checked(lines.map((one) => parsed(one, false)).filter((one) => one !== undefined))
    if (values.length > 0) yield values
  }
  const last = parsed(rest, true)
  const values = checked(last === undefined ? [] : [last])
  if (count === 1) {
    const failure = failureIn({ ...context.checks, rows: '', success: undefined }, { ...context, body: first, now: 0 })
    if (failure !== undefined) throw failure
    yield [first]
  } else if (values.length > 0) yield values
}

/** The rows of delimited text, each an object by the names of its columns. */
async function* csvRecords(
  texts: AsyncIterable<string>,
  format: CsvFormat,
  context: RecordContext,
): AsyncGenerator<unknown[]> {
  const { what } = context
  const made: (readonly (string | null)[])[] = []
  const parser = new Parser({
    delimiter: format.delimiter ?? ',',
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: context.maxLine ?? MAX_LINE,
    // What stands in quotes is a text, also where it is empty.
    cast: (value: string, { quoting }: InfoField) => (value === '' && !quoting ? null : value),
    on_record: (record: readonly (string | null)[]) => void made.push(record),
  })
  // Whoever writes gets the error; without a listener it would be thrown a second time.
  parser.on('error', () => {}).resume()
  let names = format.header
  let line = 0
  let isBegun = false
  const rowsOf = (records: readonly (readonly (string | null)[])[], isEnd: boolean): unknown[] =>
    records.flatMap((record, at) => {
      line++
      if (names === undefined) {
        names = namesIn(record, what)
        return []
      }
      if (record.length !== names.length)
        throw misfit(record.length, names.length, { line, what, isCut: isEnd && at === records.length - 1 })
      return [Object.fromEntries(names.map((name, place) => [name, record[place]]))]
    })
  for await (const text of texts) {
    if (!isBegun && text.trim() !== '') {
      isBegun = true
      checkStart(text, context)
    }
    await written(parser, text, what)
    const records = made.splice(0)
    // Whether the last one is whole shows with what follows.
    const rows = rowsOf(records.slice(0, -1), false)
    made.unshift(...records.slice(-1))
    for (let at = 0; at < rows.length; at += ROWS) yield rows.slice(at, at + ROWS)
  }
  await written(parser, undefined, what)
  const rows = rowsOf(made.splice(0), true)
  if (rows.length > 0) yield rows
  if (line === 0 && format.mayBeEmpty !== true)
    throw new SyncError(`${what} returned an empty body instead of CSV`, 'retry', { code: 'cut-off' })
}

function namesIn(record: readonly (string | null)[], what: string): readonly string[] {
  const names = record.map((name) => (name ?? '').trim())
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice === undefined) return names
  throw notCsv(
    `${what}: the header of its CSV has ${JSON.stringify(twice)} twice; name its columns: "format": { "type": "csv", "header": […] }`,
  )
}

function misfit(
  found: number,
  expected: number,
  { line, what, isCut }: { readonly line: number; readonly what: string; readonly isCut: boolean },
): SyncError {
  const problem = `${what}: record ${line} of its CSV has ${found} values where ${expected} are expected`
  return isCut && found < expected
    ? new SyncError(`${problem}; it is the last one, so it may be cut off`, 'retry', { code: 'cut-off' })
    : notCsv(problem)
}

/** A page for people, or JSON, in the place of delimited text. */
function checkStart(text: string, { what, redact, headers }: RecordContext): void {
  const type = headerOf(headers, 'content-type') ?? ''
  const isPage = /^\s*</.test(text)
  if (!isPage && !/[/+]json\b/i.test(type)) return
  throw notCsv(`${what} returned ${isPage ? 'a web page' : 'JSON'} instead of CSV: ${excerptOf(text, redact)}`)
}

/** Gives the parser a text, or the end. */
async function written(parser: Parser, text: string | undefined, what: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const done = (error?: Error | null): void => (error ? reject(error) : resolve())
  if (text === undefined) parser.once('error', reject).end(done)
  else parser.write(text, done)
  try {
    await promise
  } catch (cause) {
    const { code, message } = cause as CsvError
    if (code === 'CSV_QUOTE_NOT_CLOSED')
      throw new SyncError(`${what} was cut off inside a quoted value of its CSV`, 'retry', { code: 'cut-off' })
    // Its message may quote the text.
    throw notCsv(`${what} returned something that is not CSV (${code ?? message})`)
  }
}

const notCsv = (message: string): SyncError => new SyncError(message, 'fix-source', { code: 'not-csv' })
