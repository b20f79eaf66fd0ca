import { COLUMN_TYPES } from '@tidemark/core'
import { z } from 'zod'
import { formatProblem } from './date-format.ts'

export const BodyPath = z.union([z.string(), z.array(z.string())])
const Param = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w)$/, { error: 'say a length of time such as "10m", "1h" or "30d"' })
const size = z.strictObject({ parameter: z.string().min(1), value: z.int().min(1) })
/** A path in the body of an answer, or one of its headers. */
export const Place = z.union([BodyPath, z.strictObject({ header: z.string().min(1) })])
const emptyPages = z.int().min(1).max(1000).optional()

const Scalar = z.union([z.string(), z.number(), z.boolean()])
const Values = z.union([Scalar, z.array(Scalar).min(1)])

/** What a body has at a place, where its status does not say whether it is an answer. */
const AnswerCheckConfig = z
  .strictObject({
    at: BodyPath,
    equals: Values.optional(),
    absent: z.literal(true).optional(),
    message: BodyPath.optional(),
    retry: z.literal(true).optional(),
  })
  .refine(({ equals, absent }) => equals === undefined || absent === undefined, {
    path: ['absent'],
    error: 'say "equals" or "absent", not both',
  })
export const AnswerChecksConfig = z.union([AnswerCheckConfig, z.array(AnswerCheckConfig).min(1)])

/** What a row must have at a place to belong to the table. */
const RowFilter = z
  .strictObject({
    at: BodyPath,
    equals: Values.optional(),
    not: Values.optional(),
    absent: z.literal(true).optional(),
  })
  .refine(({ equals, not, absent }) => [equals, not, absent].filter((one) => one !== undefined).length < 2, {
    error: 'say one of "equals", "not" and "absent"; for more write a list of conditions',
  })

// Statuses of credentials, of limits and of moments: what they stand for passes, or is wrong for the whole API.
const NEVER_EMPTY = [401, 407, 408, 425, 429]
const isEmptyStatus = (status: number): boolean =>
  status === 204 || (status >= 400 && status < 500 && !NEVER_EMPTY.includes(status))
const StatusCode = z.int().refine(isEmptyStatus, {
  error: ({ input }) =>
    `${String(input)} cannot mean that there is nothing: name 204, or a status from 400 to 499 other than ${NEVER_EMPTY.join(', ')}`,
})
const EmptyStatusConfig = z.union([
  StatusCode,
  z.strictObject({
    status: StatusCode,
    /** A text in the response, in whatever case. */
    contains: z.string().min(1),
  }),
])

/** How the next page is found. */
const PaginationConfig = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('link'), rel: z.string().default('next') }),
  z.strictObject({ type: z.literal('next_url'), at: Place }),
  z
    .strictObject({
      type: z.literal('cursor'),
      /** Where an answer names the cursor of the next page, */
      at: Place.optional(),
      /** or the field of its last row that the next page begins behind. */
      row: BodyPath.optional(),
      parameter: z.string().min(1),
      more: Place.optional(),
    })
    .refine(({ at, row }) => (at === undefined) !== (row === undefined), {
      path: ['at'],
      error:
        'say where the cursor of the next page is: "at", a place in the response, or "row", a field of its last row such as "id"',
    }),
  z.strictObject({
    type: z.literal('page'),
    parameter: z.string().min(1).default('page'),
    first: z.int().min(0).default(1),
    size: size.optional(),
    pages: Place.optional(),
    more: Place.optional(),
    emptyPages,
    recheck: z.literal(false).optional(),
  }),
  z
    .strictObject({
      type: z.literal('offset'),
      parameter: z.string().min(1).default('offset'),
      size: size.optional(),
      total: Place.optional(),
      more: Place.optional(),
      emptyPages,
      recheck: z.literal(false).optional(),
    })
    .refine(({ emptyPages: most = 1, size: step }) => most === 1 || step !== undefined, {
      path: ['emptyPages'],
      error: 'needs "size": behind an empty page Tidemark requests the next one by the size of a page',
    }),
  z.strictObject({ type: z.literal('since'), size: z.int().min(2) }),
])

/** How an answer writes its rows. */
const FormatConfig = z.union([
  z.enum(['json', 'ndjson', 'csv']),
  z.strictObject({
    type: z.literal('csv'),
    delimiter: z.string().length(1).optional(),
    header: z.array(z.string().min(1)).min(1).optional(),
  }),
])

/** Types of columns, and the two ways in which APIs write instants as numbers. */
const ColumnTypeName = z.enum([...COLUMN_TYPES, 'unix_seconds', 'unix_milliseconds'])
export type ColumnTypeName = z.infer<typeof ColumnTypeName>

/** How an API writes dates and times: as strftime does. */
const DateFormat = z.string().superRefine((format, context) => {
  const problem = formatProblem(format)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `the format ${problem}` })
})
const DATED = ['timestamp', 'date', 'local_timestamp']

const ColumnConfig = z.union([
  ColumnTypeName,
  z
    .strictObject({
      type: ColumnTypeName.optional(),
      at: BodyPath.optional(),
      format: z.union([DateFormat, z.array(DateFormat).min(1)]).optional(),
    })
    .refine(({ at, format }) => at !== undefined || format !== undefined, {
      error: 'say where the value is ("at") or how a date is written ("format"), or write the type alone',
    })
    .refine(({ type, format }) => format === undefined || type === undefined || DATED.includes(type), {
      path: ['format'],
      error: `is how a date is written, so the type must be one of ${DATED.join(', ')}`,
    }),
])

export const TableConfig = z.strictObject({
  path: z.string().min(1).describe('path below the base URL; may contain placeholders'),
  method: z.enum(['GET', 'POST']).default('GET').describe('HTTP method; `POST` sends `body`'),
  params: z
    .record(z.string(), Param)
    .default({})
    .describe(
      'query parameters; may contain placeholders. A parameter with `{from}` is left out if the window has no start',
    ),
  headers: z.record(z.string(), z.string()).default({}).describe('headers of each request of the table'),
  body: z.json().optional().describe('JSON body of a `POST`; its texts may contain placeholders'),
  format: FormatConfig.default('json').describe(
    'how a response writes its rows: `json`, `ndjson` (one value per line) or `csv`; `{ type: "csv", delimiter, header }` for another delimiter, or with the names of the columns if the first line does not have them',
  ),
  rows: BodyPath.default('').describe(
    'path of the rows: `data.items`, or a list of names if a name contains a dot. `*` stands for every item of a list and every member of an object: `groups.*.items`. Empty: the response is the list',
  ),
  keyedBy: z
    .union([z.string().min(1), z.strictObject({ key: z.string().min(1), value: z.string().min(1) })])
    .optional()
    .describe(
      'the rows are members of an object, and this column takes their names: `"id"`; or `{ key, value }`, where `value` is the column of a member that is not an object',
    ),
  none: z
    .enum(['null', 'absent'])
    .optional()
    .describe(
      'what means no rows in place of the list, instead of an error: `null`, or `absent` (the field is missing)',
    ),
  single: z.boolean().default(false).describe('the response has one object in place of a list'),
  statuses: z
    .strictObject({
      empty: z.array(EmptyStatusConfig).min(1).optional(),
      end: z.array(EmptyStatusConfig).min(1).optional(),
    })
    .optional()
    .describe(
      'statuses that are no errors: `{ empty: [404] }` means that there are no rows, `{ end: [404] }` behind the last page that the list has ended. In place of a status, `{ status, contains }` also requires a text in the response',
    ),
  success: AnswerChecksConfig.optional().describe(
    'check that holds for every good response, such as `{ at: "success", equals: true }`; see below. Replaces the one for all tables',
  ),
  failure: AnswerChecksConfig.optional().describe(
    'check that detects an error in a response with status 200, such as `{ at: "code", equals: [50001], retry: true }`; see below. Replaces the one for all tables',
  ),
  errors: z
    .array(BodyPath)
    .optional()
    .describe(
      'names of fields that mean an error if they are not empty: by default `error` and `errors`; `[]`: never guess an error from names',
    ),
  filter: z
    .union([RowFilter, z.array(RowFilter).min(1)])
    .optional()
    .describe(
      'which rows belong to the table: all conditions must hold, such as `{ at: "status", not: "draft" }`; see below. Absent: all',
    ),
  primaryKey: z.array(z.string()).min(1).optional().describe('the columns that identify a row'),
  globalKey: z.boolean().default(false).describe('the key identifies a row across partitions'),
  cursor: z
    .string()
    .optional()
    .describe(
      'the cursor column: a timestamp or a date that moves with every update. Without it, each sync is a full refresh',
    ),
  ordered: z
    .enum(['ascending', 'descending'])
    .optional()
    .describe(
      'the order in which the API returns rows, by the cursor. `descending`: each sync reads from the newest row to the first that is known',
    ),
  since: z
    .enum(['inclusive', 'exclusive'])
    .default('inclusive')
    .describe(
      'whether the API includes rows of exactly `{from}`; for `exclusive` the source requests from a millisecond earlier',
    ),
  reanchor: z.boolean().optional().describe('request each page by the last cursor seen; see below'),
  immutable: z
    .boolean()
    .default(false)
    .describe('rows never change, as in a log, so the cursor need not move with edits'),
  nullCursor: z
    .enum(['reject', 'skip', 'keep'])
    .optional()
    .describe('what to do with rows without a cursor. Absent: `reject`'),
  window: duration.optional().describe('the longest range of one read: `30d`, `12h`'),
  lookback: duration.optional().describe('overlap to re-read on each sync: `10m`'),
  minAge: duration.optional().describe('minimum age of a row before it is read: `1m`'),
  retention: duration.optional().describe('how long the API keeps rows: `90d`'),
  total: z
    .union([Place, z.literal(false)])
    .optional()
    .describe(
      'where the response counts the rows of the list: `meta.total`, or `{ header: "X-Total-Count" }`. Absent: the usual places. `false`: the count means something else',
    ),
  pagination: PaginationConfig.optional().describe('how to find the next page; see below'),
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
      'read this table once for each row of the parent table, with every run; `revision` names a column of the parent that changes whenever the child rows do, so that the source skips unchanged ones',
    ),
  columns: z
    .record(z.string(), ColumnConfig)
    .default({})
    .describe(
      'types of columns, or `{ type, at, format }`, where `at` is the path in a row and `format` is how the API writes a date: `%d/%m/%Y`',
    ),
  infer: z.boolean().default(true).describe('infer columns and types from the rows'),
  revision: z
    .literal('etag')
    .optional()
    .describe('skip an unchanged response, by its ETag or time of change. For a table of one page'),
})
export type TableConfig = z.infer<typeof TableConfig>

/** A configured table under its name. */
export interface RestTable extends TableConfig {
  readonly name: string
}
