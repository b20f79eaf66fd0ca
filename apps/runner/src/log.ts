import { styleText } from 'node:util'
import type { EventLog, LogFields, LogLevel } from '@tidemark/core/engine'
import { pino } from 'pino'
import { snakeFields } from './json-document.ts'
import { jsonText } from './json-text.ts'
import { redactDeep } from './redact-deep.ts'
import { type Fix, fixText } from './show/fix-text.ts'
import { plain } from './show/plain.ts'

/** The format of log lines: for people, or one JSON object each. */
export type LogForm = 'pretty' | 'json'

export interface LogOptions {
  readonly form: LogForm
  readonly verbose: boolean
  readonly colours: boolean
  /** Nobody but programs reads the log: it has the events of runs, too, which a terminal shows in another way. */
  readonly forPrograms?: boolean | undefined
  readonly redact: (text: string) => string
  /** Takes a line without its end. */
  readonly write: (line: string) => void
  /** Takes what is logged, redacted: a run keeps it. */
  readonly keep?: ((record: LogRecord) => void) | undefined
}

/** A line as it is logged. */
export interface LogRecord {
  readonly level: LogLevel
  readonly time: string
  readonly event: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** The log of the events of a run, by their level. */
export type RunEventLog = Readonly<Record<'info' | 'warn' | 'error', (message: string, fields: LogFields) => void>>

/** The log of this process. */
export interface ProcessLog extends EventLog {
  error(message: string, fields: LogFields): void
  /** What a terminal shows in another way. It is kept with the run, and logged where programs read the log. */
  readonly runEvents: RunEventLog
}

/** Log messages of the engine and sources, one line each: `git_commits is new, needs history from 2024-01-01T00:00:00Z`, or that as JSON. */
export function createLog({ form, verbose, colours, forPrograms, redact, write, keep }: LogOptions): ProcessLog {
  let isRunEvent = false
  const lines = pino(
    {
      level: verbose ? 'debug' : 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    {
      // Redact the values, not the JSON, where a secret may be escaped.
      write: (line: string) => {
        const record = redactDeep(JSON.parse(line) as LogRecord, redact, LOG_NAMES)
        keep?.(record)
        if (isRunEvent && forPrograms !== true) return
        write(form === 'json' ? jsonText(record, 0) : pretty(record, colours))
      },
    },
  )
  const says =
    (level: LogLevel, ofRun = false) =>
    (message: string, fields: LogFields): void => {
      isRunEvent = ofRun
      // A library that is not typed may leave the event out.
      lines[level]({ event: 'message', ...own(fields) }, '%s', message)
    }
  return {
    ...{ debug: says('debug'), info: says('info'), warn: says('warn'), error: says('error') },
    runEvents: { info: says('info', true), warn: says('warn', true), error: says('error', true) },
  }
}

// Every other field comes from a source, which may log its secret under any name.
export const LOG_NAMES: ReadonlySet<string> = new Set([
  'level',
  'time',
  'event',
  'source',
  'table',
  'partition',
  'tracking',
  'code',
  'remedy',
])

const TAKEN = new Set(['level', 'time', 'msg'])

/** Fields in snake_case, renamed where they clash with the line's own, and errors as their messages. */
function own(fields: object | undefined): object {
  return Object.fromEntries(
    Object.entries(snakeFields(fields ?? {})).map(([name, value]) => [
      TAKEN.has(name) ? `${name}_` : name,
      value instanceof Error ? value.message : value,
    ]),
  )
}

const COLOURS = { debug: 'dim', info: undefined, warn: 'yellow', error: 'red' } as const
const WORDS = { debug: 'debug: ', info: '', warn: 'warning: ', error: 'error: ' } as const

// What a source logs is its message and its fields; of Tidemark's own events the message has it all in words.
const BY_SOURCES: ReadonlySet<string> = new Set(['source-message', 'source-wait'])
const FIELDS_IN_TEXT = new Set(['event', 'tracking', 'wait_ms', 'delay_ms'])
const OWN_FIELDS_IN_TEXT: ReadonlySet<string> = new Set([
  ...['source', 'table', 'partition', 'run', 'step', 'attempt', 'code', 'remedy', 'columns', 'channel', 'notices'],
  ...['status', 'read', 'written', 'unchanged', 'deleted', 'rejected', 'rows', 'windows', 'windows_left'],
  ...['tables', 'failed', 'exit_code', 'ended_by', 'duration_ms'],
])

/** A line for people. */
export function pretty({ level, time: _, msg, ...fields }: LogRecord, colours: boolean): string {
  const isOfSource = BY_SOURCES.has(fields.event)
  const { source, table, ...rest } = fields
  const isTableSaid = typeof table === 'string' && msg.includes(table)
  const shownFields = Object.entries(isOfSource && !isTableSaid ? { table, ...rest } : rest).filter(
    ([name, value]) =>
      value !== undefined && !FIELDS_IN_TEXT.has(name) && (isOfSource || !OWN_FIELDS_IN_TEXT.has(name)),
  )
  const texts = shownFields.map(([name, value]) =>
    name === 'fix' && !isOfSource
      ? fixText(value as Fix)
      : `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  )
  const text = texts.length === 0 ? msg : `${msg} (${texts.join(', ')})`
  const line = isOfSource && typeof source === 'string' && !msg.startsWith(source) ? `${source}: ${text}` : text
  const shown = plain(`${WORDS[level]}${line}`)
  const colour = COLOURS[level]
  return colours && colour !== undefined ? styleText(colour, shown, { validateStream: false }) : shown
}
