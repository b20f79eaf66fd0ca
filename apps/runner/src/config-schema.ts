import { parseDate, parseDuration, parseInstant } from '@tidemark/core/engine'
import { z } from 'zod'
import { NOTICE_EVENTS } from './notify/notice-event.ts'
import { isUnresolved } from './placeholders.ts'

// A variable that is not set leaves its placeholder: that is complained about when it is needed, not here.
function text(is: (value: string) => boolean, expected: string): z.ZodString {
  return z.string().refine((value) => isUnresolved(value) || is(value), {
    error: (issue) => `${JSON.stringify(issue.input)} is no ${expected}`,
  })
}

const isDate = (value: string): boolean => parseDate(value) !== undefined || parseInstant(value) !== undefined
const date = text(isDate, 'date; write 2024-01-31 or 2024-01-31T08:00:00Z')
const duration = text((value) => (parseDuration(value) ?? 0) > 0, 'length of time; write 30s, 5m, 1h or 1d')
const lookback = text((value) => parseDuration(value) !== undefined, 'length of time; write 30s, 5m, 1h or 1d')
const count = z.int().min(0)
const HOUR_MS = 3_600_000
const start = z.union([date, z.int()])
const schemaMode = z.enum(['evolve', 'freeze', 'discard-row'])
const deletes = z.enum(['soft', 'hard'])
const limit = z.object({ share: z.number().min(0).max(1), above: count })
const deletionLimit = z.union([z.literal('none'), limit])

const TableOptions = z.object({
  name: text(
    (value) => value !== '' && !value.includes('\0') && value.isWellFormed(),
    'name; write what the table is called in the database',
  ).optional(),
  initialSyncStart: start.optional(),
  every: duration.optional(),
  freshWithin: duration.optional(),
  lookback: z.union([lookback, count]).optional(),
  columns: z.record(z.string(), z.literal(false)).optional(),
  deletes: deletes.optional(),
  deletionLimit: deletionLimit.optional(),
  schema: schemaMode.optional(),
  backfillNewColumns: z.boolean().optional(),
})

const UseConfig = z.object({
  source: z.string().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  initialSyncStart: start.optional(),
  every: duration.optional(),
  freshWithin: duration.optional(),
  prefix: text(
    (value) => /^[a-z][a-z0-9_]*$/.test(value),
    'prefix; write lower case letters, digits and "_"',
  ).optional(),
  schema: schemaMode.optional(),
  deletes: deletes.optional(),
  deletionLimit: deletionLimit.optional(),
  backfillNewColumns: z.boolean().optional(),
  tables: z
    .record(z.string(), z.union([z.literal(false), TableOptions]))
    .superRefine((tables, context) => {
      for (const [key, options] of Object.entries(tables)) {
        if (!key.includes('*') || options === false || options.name === undefined) continue
        context.addIssue({
          code: 'custom',
          path: [key, 'name'],
          message: 'is the name of one table, and this key stands for several; write it under the table itself',
        })
      }
    })
    .optional(),
})
export type UseConfig = z.infer<typeof UseConfig>

const sources = z.record(z.string(), z.union([z.literal(false), UseConfig])).superRefine((sources, context) => {
  for (const [name, use] of Object.entries(sources)) {
    // What is switched off may also be called by its package.
    if (use === false || /^[a-z][a-z0-9_]*$/.test(name)) continue
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'a name here is lower case letters, digits and "_", starting with a letter',
    })
  }
})

const isWebAddress = (value: string): boolean => /^https?:$/.test(URL.parse(value)?.protocol ?? '')
const webAddress = text(isWebAddress, 'address; write https://…')
const smtpAddress = text(
  (value) => /^smtps?:$/.test(URL.parse(value)?.protocol ?? ''),
  'address of a mail server; write smtp://user:password@host:587 or smtps://…',
)
const mailbox = text((value) => /^[^@\r\n]+@[^@\r\n]+$/.test(value), 'mail address; write ops@example.com')
const events = z.array(z.enum(NOTICE_EVENTS)).min(1).optional()

const notifyChannel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('webhook'), url: webAddress, secret: z.string().min(1).optional(), events }),
  z.object({ type: z.literal('slack'), url: webAddress, events }),
  z.object({
    type: z.literal('email'),
    smtp: smtpAddress,
    from: mailbox,
    to: z.union([mailbox, z.array(mailbox).min(1)]),
    events,
  }),
  z.object({ type: z.literal('command'), command: z.array(z.string().min(1)).min(1), events }),
])

const notify = z.object({
  failingFor: lookback.optional(),
  repeatEvery: text(
    (value) => (parseDuration(value) ?? 0) >= HOUR_MS,
    'length of time of an hour or more; write 1h, 12h or 1d',
  ).optional(),
  channels: z
    .record(
      text(
        (value) => /^[a-z][a-z0-9_-]*$/.test(value),
        'name of a channel; write lower case letters, digits, "-" and "_", starting with a letter',
      ),
      notifyChannel,
    )
    .optional(),
})

/** What a config file may say. The README lists the same keys for users; a test compares them. */
export const ConfigSchema = z.object({
  destination: z.string().min(1).optional(),
  namespace: text(
    (value) => /^[a-z][a-z0-9_]{0,30}$/.test(value),
    'namespace; write up to 31 lower case letters, digits and "_", starting with a letter',
  ).optional(),
  initialSyncStart: date.optional(),
  freshWithin: duration.optional(),
  synced_tables: z.union([z.string(), z.array(z.string())]).optional(),
  to_timestamp: date.optional(),
  concurrency: z.int().min(1).max(256).optional(),
  perSource: z.int().min(1).max(256).optional(),
  perTable: z.int().min(1).max(256).optional(),
  deletionLimit: deletionLimit.optional(),
  rejects: limit.optional(),
  runColumn: z.boolean().optional(),
  stallTimeout: duration.optional(),
  notify: notify.optional(),
  sources: sources.optional(),
})
export type ConfigData = z.infer<typeof ConfigSchema>
