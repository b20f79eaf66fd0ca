import { Console } from 'node:console'
import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { joined, jsonPieces } from './json-text.ts'
import { plain } from './show/plain.ts'

/** Where a command writes: data to stdout, messages to stderr. */
export interface Terminal {
  /** The width of the terminal that `print` writes to; undefined if it does not write to a terminal. */
  readonly columns: number | undefined
  /** Text for people, on stdout; nothing under `--json`. */
  print(text: string): void
  /** The one document of `--json`. */
  printJson(document: unknown): void
  /** Unchanged text, in pieces: a file format. */
  printRaw(pieces: Iterable<string>): void
  say(message: string): void
  /** The same for a text that is already redacted and keeps its names. */
  sayShown(message: string): void
}

export interface TerminalOptions {
  readonly json: boolean
  readonly redact: (text: string) => string
}

export function openTerminal({ json, redact }: TerminalOptions): Terminal {
  const sayShown = (message: string): void => void process.stderr.write(`${plain(message)}\n`)
  const say = (message: string): void => sayShown(redact(message))
  // Console output of a source is for people; stdout is for data.
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
    printJson(document) {
      if (!json) return
      for (const text of joined(jsonPieces(document))) process.stdout.write(text)
      process.stdout.write('\n')
    },
    // A file keeps every character; a terminal would interpret some of them.
    printRaw(pieces) {
      for (const text of joined(pieces)) process.stdout.write(process.stdout.isTTY ? plain(text) : text)
    },
    say,
    sayShown,
  }
}

/** The reader of a pipe may end early (`| head`): the work continues, the rest is not written. */
export function ignoreBrokenPipes(): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED')
      process.stderr.write(`stdout cannot be written: ${message}\n`)
  })
}

let isEnding = false

/** A source that calls process.exit() must not look like a successful run. */
export function noticeForeignExit(): void {
  process.on('exit', () => {
    if (isEnding) return
    writeSync(
      2,
      'A source ended the process with process.exit(): what is committed stays, the rest was not read. Report it to its author.\n',
    )
    process.exitCode = 1
  })
}

/** Ends the process at once. */
export function exitNow(code: number): never {
  isEnding = true
  process.exit(code)
}

/** Ends the process after all output is written, even if a source left something open. */
export async function exitWhenWritten(code: number): Promise<never> {
  isEnding = true
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))))
  exitNow(code)
}
