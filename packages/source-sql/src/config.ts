import { COLUMN_TYPES, secret } from '@tidemark/core'
import { z } from 'zod'
import { durationMs } from './length.ts'
import { isTimeZone } from './local-time.ts'
import { sizeBytes } from './size.ts'

const name = z.string().min(1)
const TimeZone = z
  .string()
  .refine(isTimeZone, { error: 'no time zone that is known here; say one such as "UTC" or "Europe/Berlin"' })
const Length = z
  .string()
  .refine((text) => durationMs(text) !== undefined, { error: 'no length of time; write 30s, 5m, 1h or 1d' })
const Tick = Length.refine((text) => (durationMs(text) ?? 1) > 0, { error: 'longer than nothing, such as 1ms' })
const Size = z.string().refine((text) => sizeBytes(text) !== undefined, { error: 'no size; write 500MB, 20GB or 1TB' })
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
    bits: z.int().min(1).max(48).describe('number of bits below the time'),
    tick: Tick.default('1ms').describe('length of one step of the time'),
  }),
])

const TableConfig = z.strictObject({
  cursor: z
    .union([name, z.literal(false)])
    .optional()
    .describe('the cursor column, indexed or not; `false`: full refresh. Absent: discovered'),
  primaryKey: z
    .array(name)
    .min(1)
    .optional()
    .describe(
      "the columns that identify a row, for views and for tables without a declared key. Absent: the database's key",
    ),
  immutable: z
    .boolean()
    .optional()
    .describe('rows are only added and never change, so the table can have a cursor without a key'),
  appendOnly: z
    .boolean()
    .optional()
    .describe(
      'with `replication: "log"`, for a table without a key: its rows are only added, so its updates and deletions are not read',
    ),
  replaced: z
    .enum(['resync', 'ignore'])
    .optional()
    .describe(
      'what to do when the database shows that all data of the table was replaced (TRUNCATE, DROP and CREATE, a swap by RENAME, and VACUUM FULL, CLUSTER or OPTIMIZE, which look the same). Absent: `resync`',
    ),
  nullCursor: z
    .enum(['reject', 'skip', 'keep'])
    .optional()
    .describe(
      'what to do with rows whose cursor is NULL: `keep` (read with the newest window of each run), `skip` or `reject`. Absent: `keep` if possible, else `reject`',
    ),
  columns: z
    .record(name, z.union([z.enum(COLUMN_TYPES), z.literal(false)]))
    .default({})
    .describe('types of columns, or `false` for a column that the source does not select'),
  lookback: Span.optional().describe(
    'overlap to re-read on each sync: a duration, or a number of ids. Absent: `10m`; `26h10m` without a zone; `10000` steps of a sequence',
  ),
  idTime: IdTime.optional().describe(
    'format of ids that begin with a time: their `lookback` is then a duration, by default `10m`. Absent: assumed for ids that are larger than 2^53 and that no sequence issues',
  ),
  minAge: Length.optional().describe('minimum age of a row before it is read. Absent: `1m`'),
  window: Span.optional().describe('the longest range of one read. Absent: about a million rows'),
  rangeRows: z
    .union([z.int().min(1), z.literal(false)])
    .optional()
    .describe(
      'a full refresh of a table with more rows reads ranges of its integer key with about so many each, and resumes where it broke off; `false`: one read. Absent: about 250,000',
    ),
  timeZone: TimeZone.optional().describe("the time zone of the cursor. Absent: the source's"),
})
export type TableConfig = z.infer<typeof TableConfig>

export const SqlConfig = z.strictObject({
  url: name.describe(
    'the address of the database: a URL, the `key=value` form of libpq, or the path of a SQLite file. After `?`: parameters as libpq and providers write them',
  ),
  password: secret()
    .optional()
    .describe('never appears in a log or an error, nor does one in the URL. Absent: that of the URL'),
  schemas: z
    .array(name)
    .min(1)
    .optional()
    .describe(
      'Postgres schemas or MySQL databases to read. Absent: all but those of the system (MySQL: the one in the URL)',
    ),
  replication: z
    .enum(['log'])
    .optional()
    .describe(
      '`log`: read every change of the tables, deletions too, from the log of Postgres 14 or later (logical replication). Absent: read by cursors',
    ),
  standby: name
    .optional()
    .describe(
      'with `replication: "log"`: the address of a standby of `url`, from which what the tables hold is read; the log is read from `url`. Absent: both are read from `url`',
    ),
  publication: name
    .optional()
    .describe(
      'with `replication: "log"`: a publication that somebody else made, to be used with `slot`. Nothing is then made, changed or dropped. Absent: Tidemark makes its own',
    ),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, { error: 'lower-case letters, digits and _, 63 at most' })
    .optional()
    .describe('the replication slot that belongs to `publication`: one for each destination'),
  maxHeld: Size.optional().describe(
    'with `replication: "log"`: how much of its log the server may keep for Tidemark. Past that a run drops the replication slot and reads the tables again. Absent: only the server\'s own `max_slot_wal_keep_size` counts',
  ),
  include: z.array(name).min(1).optional().describe('tables to read, with `*` for any characters. Absent: all tables'),
  exclude: z.array(name).default([]).describe('tables to leave out, with `*` for any characters'),
  views: z
    .boolean()
    .default(false)
    .describe(
      'also read views, materialized views and foreign tables. One that `include` or `tables` names is always read',
    ),
  cursors: z
    .array(name)
    .default([...CURSORS])
    .describe(
      'column names to use as a cursor if an index begins with the column. Case and `_` do not matter; the first name that a table has wins',
    ),
  timeZone: TimeZone.optional().describe(
    'the time zone of times without an offset: `UTC`, `Europe/Berlin`. Absent: not known',
  ),
  zeroDates: z
    .enum(['reject', 'null'])
    .default('reject')
    .describe("what to do with MySQL's `0000-00-00` in a column that can be NULL: reject the row, or store NULL"),
  statementTimeout: Length.default('10m').describe('time limit of one statement on the server'),
  rowSecurity: z
    .enum(['refuse', 'apply'])
    .default('refuse')
    .describe(
      'what to do with a Postgres table whose policies hide rows from the user: `refuse` fails the table, `apply` treats the visible rows as all rows',
    ),
  connections: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('connections that read rows at the same time; two more run metadata queries'),
  identity: name
    .optional()
    .describe('identity of the database, to keep it when the same database moves. Absent: what the database reports'),
  tables: z.record(name, TableConfig).default({}).describe('options of tables, by name'),
})
export type SqlConfig = z.infer<typeof SqlConfig>
