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
const Tick = Length.refine((text) => (durationMs(text) ?? 1) > 0, { error: 'longer than nothing, such as 1ms' })
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

const IdTime = z.union([
  z.enum(['snowflake', 'instagram', 'sonyflake']),
  z.strictObject({
    bits: z.int().min(1).max(48).describe('how many bits stand below the time'),
    tick: Tick.default('1ms').describe('one step of the time'),
  }),
])

const TableConfig = z.strictObject({
  cursor: z
    .union([name, z.literal(false)])
    .optional()
    .describe('the column it is read by, indexed or not; `false`: read it whole. Absent: found'),
  primaryKey: z
    .array(name)
    .min(1)
    .optional()
    .describe(
      "the columns that identify a row, for views and for tables whose key nobody declared. Absent: the database's",
    ),
  immutable: z
    .boolean()
    .optional()
    .describe('its rows are only added and never changed, so a cursor is taken also without a key'),
  replaced: z
    .enum(['resync', 'ignore'])
    .optional()
    .describe(
      'where the database shows that all data of a table was replaced (TRUNCATE, DROP and CREATE, a swap by RENAME, and VACUUM FULL, CLUSTER or OPTIMIZE, which look the same), it is resynced, or not with `ignore`. Absent: `resync`',
    ),
  nullCursor: z
    .enum(['reject', 'skip', 'keep'])
    .optional()
    .describe(
      'rows whose cursor is NULL: kept (looked for with the newest window of each run), skipped, or a reject. Absent: `keep` where it can, else `reject`',
    ),
  columns: z
    .record(name, z.union([z.enum(COLUMN_TYPES), z.literal(false)]))
    .default({})
    .describe('types of columns, or `false` for one that is not even asked for'),
  lookback: Span.optional().describe(
    'how far below a covered end is read again: a length of time, or a count. Absent: `10m`; `26h10m` without a zone; `10000` steps of a sequence',
  ),
  idTime: IdTime.optional().describe(
    'ids that begin with a time: then `lookback` of them is a length of time, `10m` where it is absent. Absent: taken for such where they are larger than 2^53 and no sequence gives them out',
  ),
  minAge: Length.optional().describe('how young a row may not be read. Absent: `1m`'),
  window: Span.optional().describe('the longest range that is read in one go. Absent: about a million rows'),
  timeZone: TimeZone.optional().describe('the zone of its cursor. Absent: that of the source'),
})
export type TableConfig = z.infer<typeof TableConfig>

export const SqlConfig = z.strictObject({
  url: name.describe(
    'where the database is: a URL, the `key=value` of libpq, or the path of a file of SQLite. Behind `?`: what libpq and providers put there',
  ),
  password: secret()
    .optional()
    .describe('kept out of every log and error, as is one in the URL. Absent: that of the URL'),
  schemas: z
    .array(name)
    .min(1)
    .optional()
    .describe("schemas of Postgres, databases of MySQL. Absent: all of the user's own (MySQL: the one of the URL)"),
  include: z.array(name).min(1).optional().describe('names, with `*` for any characters. Absent: all tables'),
  exclude: z.array(name).default([]).describe('the same'),
  views: z
    .boolean()
    .default(false)
    .describe(
      'views too, materialized ones and foreign tables among them. One that `include` or `tables` names is always read',
    ),
  cursors: z
    .array(name)
    .default([...CURSORS])
    .describe(
      'names of columns that are taken as a cursor where an index begins with them. Case and `_` do not count, the first that a table has does',
    ),
  timeZone: TimeZone.optional().describe(
    'the zone in which times without an offset are written: `UTC`, `Europe/Berlin`. Absent: not known',
  ),
  zeroDates: z
    .enum(['reject', 'null'])
    .default('reject')
    .describe("MySQL's `0000-00-00` in a column that can be NULL: a reject, or `null`"),
  statementTimeout: Length.default('10m').describe('how long the server may work on one answer'),
  rowSecurity: z
    .enum(['refuse', 'apply'])
    .default('refuse')
    .describe(
      'a table of Postgres of which policies hide rows from the user: it fails, or what they show is taken for all of it with `apply`',
    ),
  connections: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('connections that read at the same time; two more ask questions'),
  identity: name
    .optional()
    .describe('which database this is, where it has moved and is still the same. Absent: what the database says'),
  tables: z.record(name, TableConfig).default({}).describe('tables by their names'),
})
export type SqlConfig = z.infer<typeof SqlConfig>
