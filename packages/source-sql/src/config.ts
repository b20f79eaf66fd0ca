import { COLUMN_TYPES, secret } from '@tidemark/core'
import { z } from 'zod'
import { durationMs } from './length.ts'
import { isTimeZone } from './local-time.ts'

const name = z.string().min(1)
const TimeZone = z
  .string()
  .refine(isTimeZone, { error: 'no time zone that is known here; say one such as "UTC" or "Europe/Berlin"' })
const Length = z
  .string()
  .refine((text) => durationMs(text) !== undefined, { error: 'no length of time; write 30s, 5m, 1h or 1d' })
const Span = z.union([Length, z.int().min(0)])

/** Columns that say when a row was last changed, by the names that people give them; case and `_` do not count. */
export const CURSORS: readonly string[] = [
  'updated_at',
  'modified_at',
  'changed_at',
  'last_updated_at',
  'last_modified_at',
  'last_updated',
  'last_modified',
  'updated_on',
  'modified_on',
  'date_updated',
  'date_modified',
  'update_time',
  'modify_time',
  'updated',
  'modified',
]

const TableConfig = z.strictObject({
  /** The column that the table is read by, indexed or not. `false`: read it whole. */
  cursor: z.union([name, z.literal(false)]).optional(),
  /** The columns that identify a row, where the database does not say so itself. */
  primaryKey: z.array(name).min(1).optional(),
  /** What to do with a row whose cursor is NULL. */
  nullCursor: z.enum(['reject', 'skip', 'keep']).optional(),
  /** Types of columns, where the one that follows from the database is not what is meant. `false`: not read. */
  columns: z.record(name, z.union([z.enum(COLUMN_TYPES), z.literal(false)])).default({}),
  /** How much below a covered end is read again: a length of time, or a count for an integer cursor. */
  lookback: Span.optional(),
  /** How young a row may not be read. */
  settle: Length.optional(),
  /** The longest range that is read in one go. */
  window: Span.optional(),
  /** The zone in which the cursor's times without an offset are written. */
  timeZone: TimeZone.optional(),
})
export type TableConfig = z.infer<typeof TableConfig>

export const SqlConfig = z.strictObject({
  /** `postgres://user@host/database`, `mysql://…`, `mariadb://…`, `sqlite:path` or a path. */
  url: name,
  /** Instead of a password in the URL. */
  password: secret().optional(),
  /** Schemas of Postgres, databases of MySQL. Absent: all that are the user's own, and the database of the URL. */
  schemas: z.array(name).min(1).optional(),
  /** Tables to read, by name; `*` stands for any run of characters. Absent: all. */
  include: z.array(name).min(1).optional(),
  exclude: z.array(name).default([]),
  /** Read views too, materialized views and foreign tables among them. */
  views: z.boolean().default(false),
  /** Names of columns that are taken as a cursor where an index begins with them; the first that a table has counts. */
  cursors: z.array(name).default([...CURSORS]),
  /** The zone in which times without an offset are written. */
  timeZone: TimeZone.optional(),
  /** What a zero date of MySQL becomes in a column that can be NULL; in the others it is NULL, which it cannot be confused with. */
  zeroDates: z.enum(['reject', 'null']).default('reject'),
  /** How long the server may work on one answer. */
  statementTimeout: Length.default('10m'),
  /** Connections that read at the same time. */
  connections: z.int().min(1).max(64).default(4),
  /** Which database this is, instead of what it says of itself. */
  identity: name.optional(),
  /** Tables by their names. */
  tables: z.record(name, TableConfig).default({}),
})
export type SqlConfig = z.infer<typeof SqlConfig>
