import { formatInstant, type RunLogLine } from '@tidemark/core/engine'
import { snakeFields } from '../json-document.ts'
import { type LogRecord, pretty } from '../log.ts'
import { countText } from './numbers.ts'

/** A line as it was logged. */
export function recordOf({ level, at, event, source, table, partition, message, fields }: RunLogLine): LogRecord {
  const named = Object.entries({ source, table, partition }).filter(([, name]) => name !== null)
  // Earlier versions stored fields as sources name them.
  const more = fields === null ? {} : snakeFields(JSON.parse(fields) as object)
  return { level, time: formatInstant(at, 'Z', 3), event, ...Object.fromEntries(named), ...more, msg: message }
}

/** The log of a run for people: the time of each line, and the line. @param first the first line that is stored. */
export function runLogText(run: number, first: number | undefined, records: readonly LogRecord[]): string {
  if (first === undefined)
    return `Nothing is stored of what run ${run} logged: it logged nothing, is older than 30 days, or is one of an earlier version.`
  return [
    ...(first === 1 ? [] : [`(${droppedText(first)})`]),
    ...records.map((record) => `${record.time.slice(0, 19).replace('T', ' ')}Z  ${pretty(record, false)}`),
  ].join('\n')
}

/** What is missing before the first line that is stored. */
export function droppedText(first: number): string {
  return `${countText(first - 1)} earlier ${first === 2 ? 'line was' : 'lines were'} dropped: of a run, the newest 2,000 lines and 1 MB are stored`
}
