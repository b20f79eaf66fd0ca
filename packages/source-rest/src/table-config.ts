import { COLUMN_TYPES } from '@tidemark/core'
import { z } from 'zod'

export const BodyPath = z.union([z.string(), z.array(z.string())])
const Param = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w)$/, { error: 'say a length of time such as "10m", "1h" or "30d"' })
const size = z.strictObject({ parameter: z.string().min(1), value: z.int().min(1) })

const Scalar = z.union([z.string(), z.number(), z.boolean()])

/** What a body has at a place, where its status does not say whether it is an answer. */
const AnswerCheckConfig = z
  .strictObject({
    at: BodyPath,
    equals: z.union([Scalar, z.array(Scalar).min(1)]).optional(),
    absent: z.literal(true).optional(),
    message: BodyPath.optional(),
    retry: z.literal(true).optional(),
  })
  .refine(({ equals, absent }) => equals === undefined || absent === undefined, {
    path: ['absent'],
    error: 'say "equals" or "absent", not both',
  })
export const AnswerChecksConfig = z.union([AnswerCheckConfig, z.array(AnswerCheckConfig).min(1)])

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
    recheck: z.literal(false).optional(),
  }),
  z.strictObject({
    type: z.literal('offset'),
    parameter: z.string().min(1).default('offset'),
    size: size.optional(),
    total: BodyPath.optional(),
    recheck: z.literal(false).optional(),
  }),
  z.strictObject({ type: z.literal('since'), size: z.int().min(2) }),
])

/** Types of columns, and the two ways in which APIs write instants as numbers. */
const ColumnTypeName = z.enum([...COLUMN_TYPES, 'unix_seconds', 'unix_milliseconds'])
export type ColumnTypeName = z.infer<typeof ColumnTypeName>

const ColumnConfig = z.union([ColumnTypeName, z.strictObject({ type: ColumnTypeName.optional(), at: BodyPath })])

export const TableConfig = z.strictObject({
  path: z.string().min(1).describe('below the base URL; may have placeholders'),
  method: z.enum(['GET', 'POST']).default('GET').describe('a `POST` sends `body`'),
  params: z
    .record(z.string(), Param)
    .default({})
    .describe('parameters; may have placeholders. One whose `{from}` is open is left out'),
  headers: z.record(z.string(), z.string()).default({}).describe('sent with each request of the table'),
  body: z.json().optional().describe('JSON that a `POST` sends; its texts may have placeholders'),
  rows: BodyPath.default('').describe(
    'where the rows are: `data.items`, or a list of names where a name has a dot. Nothing: the answer is the list',
  ),
  none: z
    .enum(['null', 'absent'])
    .optional()
    .describe(
      'what stands for no rows where the list belongs, instead of an error: `null`, or `absent` (nothing at all)',
    ),
  single: z.boolean().default(false).describe('the answer has one object in the place of a list'),
  success: AnswerChecksConfig.optional().describe(
    'what every answer says that is not an error, such as `{ at: "success", equals: true }`; see below. In place of that of all tables',
  ),
  failure: AnswerChecksConfig.optional().describe(
    'what an answer says that is an error though its status is 200, such as `{ at: "code", equals: [50001], retry: true }`; see below. In place of that of all tables',
  ),
  errors: z
    .array(BodyPath)
    .optional()
    .describe(
      'names that tell of an error where they hold anything: `error` and `errors` by default; `[]`: no error is guessed from names',
    ),
  primaryKey: z.array(z.string()).min(1).optional().describe('the columns that identify a row'),
  globalKey: z.boolean().default(false).describe('whether they do so across partitions'),
  cursor: z
    .string()
    .optional()
    .describe(
      'the column the table is read by: a timestamp or a date that moves with every update. Without it the table is read whole each time',
    ),
  ordered: z
    .enum(['ascending', 'descending'])
    .optional()
    .describe('the order in which the API gives the rows by the cursor'),
  since: z
    .enum(['inclusive', 'exclusive'])
    .default('inclusive')
    .describe(
      'whether `{from}` gives the rows of exactly that time too; `exclusive`: a millisecond earlier is asked for',
    ),
  reanchor: z.boolean().optional().describe('ask for each page by the last cursor seen; see below'),
  immutable: z
    .boolean()
    .default(false)
    .describe('whether its rows never change, as in a log: a cursor that edits do not move is right there'),
  nullCursor: z
    .enum(['reject', 'skip', 'keep'])
    .optional()
    .describe('rows without a cursor: `reject` where this is not set'),
  window: duration.optional().describe('the longest range that is read in one go: `30d`, `12h`'),
  lookback: duration.optional().describe('how far below a covered end is read again: `10m`'),
  minAge: duration.optional().describe('how young a row may not be read: `1m`'),
  retention: duration.optional().describe('how long the API keeps rows: `90d`'),
  total: z
    .union([BodyPath, z.strictObject({ header: z.string().min(1) }), z.literal(false)])
    .optional()
    .describe(
      'where the answer counts the rows of the list: `meta.total`, or `{ header: "X-Total-Count" }`; looked for where this is not set. `false`: what it counts is something else',
    ),
  pagination: PaginationConfig.optional().describe('how the next page is found; see below'),
  parent: z
    .strictObject({
      table: z.string(),
      /** The parent's column that `{partition}` stands for. */
      key: z.string().default('id'),
      /** The parent's column that changes whenever these rows do. Absent or `false`: none, and every run reads them. */
      revision: z.union([z.string(), z.literal(false)]).optional(),
    })
    .optional()
    .describe(
      'read for each row of that table, with every run; `revision` names a column of the parent that changes whenever these rows do, so that others are not asked for',
    ),
  columns: z
    .record(z.string(), ColumnConfig)
    .default({})
    .describe('types of columns, or `{ type, at }`, where `at` is their place in a row'),
  infer: z.boolean().default(true).describe('find columns and types in the rows'),
  revision: z.literal('etag').optional().describe('ask by ETag or time of change first. For a table of one page'),
})
export type TableConfig = z.infer<typeof TableConfig>

/** A configured table under its name. */
export interface RestTable extends TableConfig {
  readonly name: string
}
