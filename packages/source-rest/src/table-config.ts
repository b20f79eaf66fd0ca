import { COLUMN_TYPES } from '@tidemark/core'
import { z } from 'zod'

const BodyPath = z.union([z.string(), z.array(z.string())])
const Param = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w)$/, { error: 'say a length of time such as "10m", "1h" or "30d"' })
const size = z.strictObject({ parameter: z.string().min(1), value: z.int().min(1) })

/** How the next page is found. */
const PaginationConfig = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('link'), rel: z.string().default('next') }),
  z.strictObject({ type: z.literal('next_url'), at: BodyPath }),
  z.strictObject({ type: z.literal('cursor'), at: BodyPath, parameter: z.string().min(1), more: BodyPath.optional() }),
  z.strictObject({
    type: z.literal('page'),
    parameter: z.string().min(1).default('page'),
    first: z.int().min(0).default(1),
    size: size.optional(),
    pages: BodyPath.optional(),
  }),
  z.strictObject({
    type: z.literal('offset'),
    parameter: z.string().min(1).default('offset'),
    size: size.optional(),
    total: BodyPath.optional(),
  }),
  z.strictObject({ type: z.literal('since'), size: z.int().min(2) }),
])

/** Types of columns, and the two ways in which APIs write instants as numbers. */
const ColumnTypeName = z.enum([...COLUMN_TYPES, 'unix_seconds', 'unix_milliseconds'])
export type ColumnTypeName = z.infer<typeof ColumnTypeName>

const ColumnConfig = z.union([ColumnTypeName, z.strictObject({ type: ColumnTypeName.optional(), at: BodyPath })])

export const TableConfig = z.strictObject({
  /** Below the base URL; `{partition}` stands for the id of the parent's row. */
  path: z.string().min(1),
  method: z.enum(['GET', 'POST']).default('GET'),
  /** Parameters, in which `{from}`, `{to}` and `{partition}` are filled in. One whose `{from}` is open is left out. */
  params: z.record(z.string(), Param).default({}),
  headers: z.record(z.string(), z.string()).default({}),
  /** JSON that a POST sends; its texts are filled in as `params` are. */
  body: z.json().optional(),
  /** Where the rows are in the answer. Nothing: the answer is the list. */
  rows: BodyPath.default(''),
  /** What stands for no rows where a list belongs. */
  none: z.enum(['null', 'absent']).optional(),
  /** The answer has one object in the place of a list. */
  single: z.boolean().default(false),
  /** Where an answer says that it is an error, though its status says otherwise. */
  errors: z.array(BodyPath).optional(),
  primaryKey: z.array(z.string()).min(1).optional(),
  globalKey: z.boolean().default(false),
  /** The column the table is read by. */
  cursor: z.string().optional(),
  /** The order in which the API gives the rows by the cursor. */
  ordered: z.enum(['ascending', 'descending']).optional(),
  /** Whether `{from}` gives rows of exactly that cursor too. */
  since: z.enum(['inclusive', 'exclusive']).default('inclusive'),
  /** Ask for each page by the last cursor seen, and not by its place. */
  reanchor: z.boolean().optional(),
  nullCursor: z.enum(['reject', 'skip', 'keep']).optional(),
  window: duration.optional(),
  lookback: duration.optional(),
  settle: duration.optional(),
  retention: duration.optional(),
  /** How the next page is found. Absent: there is one page, and an answer that names a next one is an error. */
  pagination: PaginationConfig.optional(),
  /** Rows of another table, for each of which this one is read. */
  parent: z
    .strictObject({
      table: z.string(),
      /** The parent's column that `{partition}` stands for. */
      key: z.string().default('id'),
      /** The parent's column that changes when these rows do; `false`: there is none. `updated_at` where it has that one. */
      revision: z.union([z.string(), z.literal(false)]).optional(),
    })
    .optional(),
  /** Types of columns, or where in a row they are. */
  columns: z.record(z.string(), ColumnConfig).default({}),
  /** Find further columns and types in the rows. */
  infer: z.boolean().default(true),
  /** Ask by ETag or time of change first, and read only what is another. */
  revision: z.literal('etag').optional(),
})
export type TableConfig = z.infer<typeof TableConfig>

/** A configured table under its name. */
export interface RestTable extends TableConfig {
  readonly name: string
}
