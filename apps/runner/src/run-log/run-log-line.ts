import type { RunLogLine } from '@tidemark/core/engine'
import { jsonText } from '../json-text.ts'
import type { LogRecord } from '../log.ts'

/** Longer texts are cut: a line says what happened, and the rest is where it happened. */
const MAX_TEXT = 2000
const MAX_NAME = 500
/** A stack, or a text of a source in a field. */
const MAX_FIELD = 1000
const MAX_FIELDS = 4000

/** A record as a line of its run. Names have columns of their own, all other fields are one JSON object. */
export function lineOf({ level, time, event, msg, ...more }: LogRecord, line: number): RunLogLine {
  const { source, table, partition, ...fields } = more
  const shortened = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? cut(value, MAX_FIELD) : value,
  ])
  const text = shortened.length === 0 ? null : jsonText(Object.fromEntries(shortened), 0)
  return {
    ...{ line, at: BigInt(Date.parse(time)) * 1000n, level, event },
    ...{ source: nameOf(source), table: nameOf(table), partition: nameOf(partition) },
    message: storable(cut(msg, MAX_TEXT)),
    // A part of JSON is no JSON.
    fields: text === null || text.length > MAX_FIELDS ? null : storable(text),
  }
}

/** About how many bytes it takes. */
export function sizeOf({ event, source, table, partition, message, fields }: RunLogLine): number {
  return [event, source, table, partition, message, fields].reduce(
    (sum, text) => sum + Buffer.byteLength(text ?? ''),
    40,
  )
}

const nameOf = (value: unknown): string | null => (typeof value === 'string' ? storable(cut(value, MAX_NAME)) : null)

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)

/** Databases do not take every text: Postgres no NUL, and none half a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed()
