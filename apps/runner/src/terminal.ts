import { Console } from 'node:console'
import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { plain } from './show/plain.ts'

/** Where a command writes: data to stdout, messages to stderr. */
export interface Terminal {
  /** How wide the terminal is that `print` writes to; undefined where it is none. */
  readonly columns: number | undefined
  /** Text for people, as data; nothing under `--json`. */
  print(text: string): void
  /** The one document of `--json`. */
  printJson(document: unknown): void
  /** Text that goes out as it is: a file format. */
  printRaw(text: string): void
  say(message: string): void
  /** The same of a text out of which secrets are taken already, and which keeps its names. */
  sayShown(message: string): void
}

export interface TerminalOptions {
  readonly json: boolean
  readonly redact: (text: string) => string
}

export function openTerminal({ json, redact }: TerminalOptions): Terminal {
  const sayShown = (message: string): void => void process.stderr.write(`${plain(message)}\n`)
  const say = (message: string): void => sayShown(redact(message))
  // A source that writes to the console speaks to people; stdout is for data.
  const stream = new Writable({
    write: (chunk, _, done) => {
      say(String(chunk).replace(/\n$/, ''))
      done()
    },
  })
  globalThis.console = new Console(stream, stream)
  return {
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : undefined
    },
    print: (text) => void (json || process.stdout.write(`${plain(text)}\n`)),
    printJson: (document) => void (json && process.stdout.write(`${jsonText(document)}\n`)),
    // A file keeps every character; a terminal would obey some of them.
    printRaw: (text) => void process.stdout.write(process.stdout.isTTY ? plain(text) : text),
    say,
    sayShown,
  }
}

/** Whoever reads may go before the end (`| head`): the work goes on, the rest is not written. */
export function ignoreBrokenPipes(): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED')
      process.stderr.write(`stdout cannot be written: ${message}\n`)
  })
}

let isEnding = false

/** A source that calls process.exit() must not look like a run that went well. */
export function noticeForeignExit(): void {
  process.on('exit', () => {
    if (isEnding) return
    writeSync(2, 'A source ended the process with process.exit(): what was committed stays, the rest was not read.\n')
    process.exitCode = 1
  })
}

/** Ends the process at once. */
export function exitNow(code: number): never {
  isEnding = true
  process.exit(code)
}

/** Ends the process when everything is written, whatever a source has left open. */
export async function exitWhenWritten(code: number): Promise<never> {
  isEnding = true
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))))
  exitNow(code)
}

/** JSON itself escapes only the control characters below the space; a terminal obeys others, too. */
export function jsonText(document: unknown, indent = 2): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(document, jsonValue, indent).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    escaped,
  )
}

/** 64-bit integers stay exact: beyond 2^53 they are texts. Bytes are base64. */
function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
