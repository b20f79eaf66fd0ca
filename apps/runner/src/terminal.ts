import { Console } from 'node:console'
import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import type { LogFields } from '@tidemark/core/engine'
import { isLive } from './is-live.ts'
import { jsonDocument } from './json-document.ts'
import { joined, jsonPieces } from './json-text.ts'
import type { ProcessLog } from './log.ts'
import { plain } from './show/plain.ts'
import { coloured } from './show/tone.ts'

/** Where a command writes: data to stdout, messages to stderr. */
export interface Terminal {
  /** The width of the terminal that `print` writes to; undefined if it does not write to a terminal. */
  readonly columns: number | undefined
  /** Text for people, on stdout, with the colours of its meaning where they can be shown; nothing under `--json`. */
  print(text: string): void
  /** The one document of `--json`. */
  printJson(document: unknown): void
  /** Unchanged text, in pieces: a file format. */
  printRaw(pieces: Iterable<string>): void
  /** A message on stderr; where programs read it, a line of the log with these fields. */
  say(message: string, fields?: LogFields): void
  /** The same for a text that is already redacted and keeps its names. */
  sayShown(message: string): void
  /** Nobody but programs reads the log: what a run did is in it, and not printed. */
  readonly isForPrograms: boolean
}

export interface TerminalOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly json: boolean
  readonly redact: (text: string) => string
  /** Where programs read the log: all messages are its lines. */
  readonly log?: ProcessLog | undefined
}

export function openTerminal({ json, redact, environment, log }: TerminalOptions): Terminal {
  const shown = (text: string, stream: NodeJS.WriteStream): string => coloured(text, isLive(stream, environment))
  const sayShown = (message: string): void =>
    log === undefined
      ? void process.stderr.write(`${shown(message, process.stderr)}\n`)
      : log.info(coloured(message, false), { event: 'message' })
  const say = (message: string, fields: LogFields = { event: 'message' }): void =>
    log === undefined ? sayShown(redact(message)) : log.info(coloured(message, false), fields)
  // Console output of a source is for people; stdout is for data.
  const stream = new Writable({
    write: (chunk, _, done) => {
      say(String(chunk).replace(/\n$/, ''), { event: 'source-output' })
      done()
    },
  })
  globalThis.console = new Console(stream, stream)
  return {
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : undefined
    },
    print: (text) => void (json || process.stdout.write(`${shown(text, process.stdout)}\n`)),
    printJson(document) {
      if (!json) return
      for (const text of joined(jsonPieces(jsonDocument(document)))) process.stdout.write(text)
      process.stdout.write('\n')
    },
    // A file keeps every character; a terminal would interpret some of them.
    printRaw(pieces) {
      for (const text of joined(pieces)) process.stdout.write(process.stdout.isTTY ? plain(text) : text)
    },
    say,
    sayShown,
    isForPrograms: log !== undefined,
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

const FOREIGN_EXIT =
  'A source ended the process with process.exit(): what is committed stays, the rest was not read. Report it to its author.'

/**
 * A source that calls process.exit() must not look like a successful run.
 *
 * @param lineOf makes a line of it: after that nothing is written any more that is not written at once.
 */
export function noticeForeignExit(lineOf: (message: string) => string): void {
  process.on('exit', () => {
    if (isEnding) return
    writeSync(2, `${lineOf(FOREIGN_EXIT)}\n`)
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
