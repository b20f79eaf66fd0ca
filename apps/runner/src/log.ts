import { styleText } from 'node:util'
import type { Logger } from '@tidemark/core'
import { pino } from 'pino'
import { jsonText } from './json-text.ts'
import { redactDeep } from './redact-deep.ts'
import { plain } from './show/plain.ts'

/** The format of log lines: for people, or one JSON object each. */
export type LogForm = 'pretty' | 'json'

export interface LogOptions {
  readonly form: LogForm
  readonly verbose: boolean
  readonly colours: boolean
  readonly redact: (text: string) => string
  /** Takes a line without its end. */
  readonly write: (line: string) => void
}

interface Record {
  readonly level: 'debug' | 'info' | 'warn'
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** Log messages of the engine and sources, one line each: `git_commits is new, needs history from 2024-01-01T00:00:00Z`, or that as JSON. */
export function createLog({ form, verbose, colours, redact, write }: LogOptions): Logger {
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
        const record = redactDeep(JSON.parse(line) as Record, redact, NAMES)
        write(form === 'json' ? jsonText(record, 0) : pretty(record, colours))
      },
    },
  )
  const says =
    (level: Record['level']) =>
    (message: string, fields?: object): void =>
      lines[level](own(fields), '%s', message)
  return { debug: says('debug'), info: says('info'), warn: says('warn') }
}

// Every other field comes from a source, which may log its secret under any name.
const NAMES = new Set(['level', 'time', 'source', 'table', 'partition', 'tracking'])

const TAKEN = new Set(['level', 'time', 'msg'])

/** Fields renamed where they clash with the line's own, and errors as their messages. */
function own(fields: object | undefined): object {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, value]) => [
      TAKEN.has(name) ? `${name}_` : name,
      value instanceof Error ? value.message : value,
    ]),
  )
}

const COLOURS = { debug: 'dim', info: undefined, warn: 'yellow' } as const
const WORDS = { debug: 'debug: ', info: '', warn: 'warning: ' } as const

// Fields that the message already contains in words.
const FIELDS_IN_TEXT = new Set(['tracking', 'waitMs'])

function pretty({ level, time: _, msg, source, table, ...fields }: Record, colours: boolean): string {
  const more = typeof table === 'string' && msg.includes(table) ? fields : { table, ...fields }
  const texts = Object.entries(more)
    .filter(([name, value]) => value !== undefined && !FIELDS_IN_TEXT.has(name))
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  const text = texts.length === 0 ? msg : `${msg} (${texts.join(', ')})`
  const line = typeof source === 'string' && !msg.startsWith(source) ? `${source}: ${text}` : text
  const shown = plain(`${WORDS[level]}${line}`)
  const colour = COLOURS[level]
  return colours && colour !== undefined ? styleText(colour, shown, { validateStream: false }) : shown
}
