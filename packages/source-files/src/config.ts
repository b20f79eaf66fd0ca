import { COLUMN_TYPES, SyncError } from '@tidemark/core'
import { z } from 'zod'
import { knowsEncoding } from './content.ts'
import type { Dialect } from './csv.ts'

const Format = z.enum(['csv', 'tsv', 'ndjson', 'json', 'parquet'])
export type Format = z.infer<typeof Format>

const ColumnTypeName = z.enum(COLUMN_TYPES)
const character = z.string().length(1)

const TableConfig = z
  .strictObject({
    /** Which files: a path or a pattern (`*`, `**`, `?`, `[ab]`, `{a,b}`), from the working directory unless absolute. */
    path: z.string().min(1),
    /** How the files are written; by their endings where absent. */
    format: Format.optional(),
    /** Types of columns, where what is found in the files is not what is meant. */
    columns: z.record(z.string(), ColumnTypeName).default({}),
    primaryKey: z.array(z.string()).min(1).optional(),
    /** The key alone identifies a row, whatever file it stands in. */
    globalKey: z.boolean().default(false),
    /** Tell a changed file by its content, not by its size and time. */
    hash: z.boolean().default(false),
    /** CSV and TSV. */
    delimiter: character.optional(),
    quote: z.string().max(1).default('"'),
    escape: character.optional(),
    /** Whether the first row has the column names; a list of names where the files have no header. */
    header: z.union([z.boolean(), z.array(z.string()).min(1)]).default(true),
    /** Lines to leave out before the header. */
    skip: z.int().min(0).default(0),
    /** Unquoted values that mean NULL. */
    nullString: z.union([z.string(), z.array(z.string())]).default(''),
    /** What to do with a row that has too few values. */
    shortRows: z.enum(['reject', 'fill']).default('reject'),
    /** CSV, TSV, NDJSON and JSON: any encoding that the Encoding Standard names. */
    encoding: z
      .string()
      .refine(knowsEncoding, {
        error:
          'unknown encoding; say one that the Encoding Standard names, such as "utf-8", "latin1", "utf-16" or "shift_jis"',
      })
      .default('utf-8'),
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
  tables: z.record(z.string().min(1), TableConfig).default({}),
  /** The most memory that DuckDB may take for reading Parquet. */
  memoryLimit: z
    .string()
    .regex(/^\d+(?:\.\d+)?\s*[KMG]i?B$/i, { error: 'say an amount such as "512MB" or "2GB"' })
    .default('512MB'),
  threads: z.int().min(1).max(256).default(2),
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
  if (table.format !== undefined) return table.format
  const ending = /\.([^.]+)$/.exec(path.replace(/\.(?:gz|zst)$/i, ''))?.[1]?.toLowerCase() ?? ''
  if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending]!
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
    skip: table.skip,
    fillShort: table.shortRows === 'fill',
  }
}
