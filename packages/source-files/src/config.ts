import { COLUMN_TYPES, SyncError } from '@tidemark/core'
import { z } from 'zod'
import { knowsEncoding } from './content.ts'
import type { Dialect } from './csv-record.ts'
import { unreadable } from './magic.ts'

const Format = z.enum(['csv', 'tsv', 'ndjson', 'json', 'parquet'])
export type Format = z.infer<typeof Format>

const ColumnTypeName = z.enum(COLUMN_TYPES)
const character = z.string().length(1)

const amount = z.string().regex(/^\d+(?:\.\d+)?\s*[KMG]i?B$/i, { error: 'say an amount such as "512MB" or "2GB"' })

function isAddress({ input }: { readonly input?: unknown }): string {
  const path = String(input)
  return path.toLowerCase().startsWith('file:')
    ? `write the path itself, ${path.replace(/^file:\/\//i, '')}, without "file://"`
    : 'is an address, and only local files can be read: download the files first (or mount the bucket) and give their path'
}

const TableConfig = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .refine((path) => !/^[a-z][a-z\d+.-]+:\/\//i.test(path), { error: isAddress })
      .describe(
        'a path or a pattern: `*`, `**`, `?`, `[ab]`, `{a,b}`. Relative to the working directory. A path that exists exactly as written is not a pattern. `~` has no special meaning',
      ),
    format: Format.optional().describe(
      '`csv`, `tsv`, `ndjson`, `json` or `parquet`; absent: by the extension. Extensions: `.csv`, `.tsv`, `.tab`, `.ndjson`, `.jsonl`, `.json`, `.parquet`, `.pq`, each also followed by `.gz` or `.zst`. Only the extension decides whether a file is compressed',
    ),
    rows: z
      .string()
      .min(1)
      .optional()
      .describe(
        'path of the rows inside a JSON file: `data.items`; `*` stands for every item of a list and every member of an object. Absent: the file is a list of rows, or one row after the other',
      ),
    columns: z
      .record(z.string(), ColumnTypeName)
      .default({})
      .describe(`types of columns: ${COLUMN_TYPES.map((type) => `\`${type}\``).join(', ')}`),
    primaryKey: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('the columns that identify a row within its file; absent: no key'),
    globalKey: z
      .boolean()
      .default(false)
      .describe('the key identifies a row across all files of the table: for rows that move from one file to another'),
    hash: z
      .boolean()
      .default(false)
      .describe(
        'detect changed files by their content, not by size and time; this reads each file once more to hash it',
      ),
    minAge: z
      .string()
      .regex(/^\d+(?:\.\d+)?\s*(?:ms|s|m|h)$/, { error: 'say a length of time such as "0s", "1s" or "5m"' })
      .default('1s')
      .describe(
        'minimum time since the last write to a file before it is read: the source waits for a younger file, so that it does not read a file that is still being written',
      ),
    delimiter: character.optional().describe('one character; absent: `,`, or a tab for TSV'),
    quote: z.string().max(1).default('"').describe("one character; `''`: no quoting"),
    escape: character.optional().describe('one character, such as `\\`; absent: the quote, doubled'),
    header: z
      .union([z.boolean(), z.array(z.string()).min(1)])
      .default(true)
      .describe(
        '`false`: the columns are named `column_1`, `column_2`, …; a list: the names of the columns, for files without a header',
      ),
    skip: z.int().min(0).default(0).describe('number of lines to skip before the header'),
    nullString: z
      .union([z.string(), z.array(z.string())])
      .default('')
      .describe('the text, or list of texts, that means NULL outside quotes. `""` in quotes is an empty text'),
    quotedNulls: z
      .boolean()
      .default(false)
      .describe('`nullString` means NULL in quotes too: for files in which every value is quoted'),
    shortRows: z
      .enum(['reject', 'fill'])
      .default('reject')
      .describe('what to do with a row that has too few values: reject it, or `fill` it with NULL'),
    encoding: z
      .string()
      .refine(knowsEncoding, {
        error:
          'unknown encoding; say one that the Encoding Standard names, such as "utf-8", "latin1", "utf-16" or "shift_jis"',
      })
      .default('utf-8')
      .describe(
        'any encoding of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels): `latin1` (which is windows-1252), `utf-16`, `shift_jis`, … For all formats but Parquet',
      ),
  })
  .refine(({ rows, format = 'json' }) => rows === undefined || format === 'json', {
    path: ['rows'],
    error: 'only JSON files have rows at a path; leave out "rows", or set "format": "json"',
  })
  .refine((table) => !table.globalKey || table.primaryKey !== undefined, {
    path: ['globalKey'],
    error: 'globalKey needs a primaryKey: say which columns identify a row',
  })
  .refine((table) => new Set(table.primaryKey).size === (table.primaryKey?.length ?? 0), {
    path: ['primaryKey'],
    error: 'the primary key names a column twice',
  })
  .refine(({ delimiter, quote }) => delimiter === undefined || !['\n', '\r', quote].includes(delimiter), {
    path: ['delimiter'],
    error: 'the delimiter must differ from the quote and from the end of a line',
  })
type TableConfig = z.infer<typeof TableConfig>

export const FilesConfig = z.object({
  tables: z
    .record(z.string().min(1), TableConfig)
    .default({})
    .refine((tables) => Object.keys(tables).length > 0, {
      error: 'nothing is configured to read yet: write tables here, such as { orders: { path: "data/orders.csv" } }',
    })
    .describe('the tables, by name'),
  scanLimit: amount
    .default('256MB')
    .describe(
      'how much text of new and changed files to read in advance, to infer all columns and types; the source samples files beyond it',
    ),
  memoryLimit: amount.default('512MB').describe('memory limit of DuckDB for Parquet'),
  threads: z.int().min(1).max(256).default(2).describe('number of threads of DuckDB'),
})
export type FilesConfig = z.infer<typeof FilesConfig>

/** A configured table under its name. */
export interface FileTable extends TableConfig {
  readonly name: string
}

const ENDINGS: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  parquet: 'parquet',
  pq: 'parquet',
}

/** The format of a file of a table: the configured one, else by its ending. @throws SyncError `fix-config` */
export function formatOf(table: FileTable, path: string): Format {
  const format = writtenFormat(table, path)
  if (table.rows === undefined || format === 'json') return format
  throw new SyncError(
    `tables.${table.name}.rows is a path inside a JSON file, and ${path} is ${format}; leave it out, or set "format": "json"`,
    'fix-config',
  )
}

function writtenFormat(table: FileTable, path: string): Format {
  if (table.format !== undefined) return table.format
  const ending = /\.([^.]+)$/.exec(path.replace(/\.(?:gz|zst)$/i, ''))?.[1]?.toLowerCase() ?? ''
  if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending]!
  const problem = unreadable(ending)
  if (problem !== undefined) throw new SyncError(`file ${path} ${problem}`, 'fix-config')
  throw new SyncError(
    `the ending of ${path} says nothing about its format: set tables.${table.name}.format to one of ${Format.options.join(', ')}`,
    'fix-config',
  )
}

export function dialectOf(table: FileTable, format: Format): Dialect {
  return {
    delimiter: table.delimiter ?? (format === 'tsv' ? '\t' : ','),
    quote: table.quote,
    escape: table.escape ?? table.quote,
    nulls: new Set([table.nullString].flat()),
    quotedNulls: table.quotedNulls,
    skip: table.skip,
    fillShort: table.shortRows === 'fill',
  }
}

const UNITS = { k: 1, m: 2, g: 3 } as const

/** The bytes of an amount that the config was checked to hold. */
export function bytesIn(amountText: string): number {
  const [, count, unit, binary] = /^([\d.]+)\s*([kmg])(i?)b$/.exec(amountText.toLowerCase())!
  return Number(count) * (binary === 'i' ? 1024 : 1000) ** UNITS[unit as keyof typeof UNITS]
}

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** How long nothing may have been written to a file before it is read, in milliseconds. */
export function minAgeOf({ minAge }: FileTable): number {
  const [, count, unit] = /^([\d.]+)\s*([a-z]+)$/.exec(minAge)!
  return Number(count) * MS[unit as keyof typeof MS]
}
