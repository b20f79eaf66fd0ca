import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** A longer line for people is cut. */
const MAX_LOG_LINE = 4000
/** How much of the last lines is kept for the message of a failure. */
const MAX_LINES_KEPT = 20
const MAX_TEXT_KEPT = 4000

/**
 * Calls `onLine` for each line of a stream that is written for people: broken characters and overlong lines harm nothing.
 *
 * @returns a promise of its end.
 */
export function readLogLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let isCut = false
  const say = (line: string): void => {
    if (!isCut) onLine(line.length > MAX_LOG_LINE ? `${line.slice(0, MAX_LOG_LINE)} …` : line.replace(/\r$/, ''))
    isCut = false
  }
  stream.on('data', (piece: Buffer) => {
    const lines = (rest + decoder.write(piece)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) say(line)
    if (rest.length <= MAX_LOG_LINE) return
    say(rest)
    isCut = true
    rest = ''
  })
  stream.once('end', () => rest !== '' && say(rest))
  // A stream that breaks says no more; how the process ended says why.
  stream.on('error', () => {})
  return new Promise((resolve) => stream.once('close', resolve))
}

/** Keeps the last of many lines. */
export class LastLines {
  #lines: string[] = []

  add(line: string): void {
    if (line.trim() === '') return
    this.#lines.push(line)
    if (this.#lines.length > MAX_LINES_KEPT) this.#lines.shift()
  }

  get text(): string {
    return this.#lines.join('\n').slice(-MAX_TEXT_KEPT)
  }
}
