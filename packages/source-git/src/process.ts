import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SyncError } from '@tidemark/core'
import { environment } from './environment.ts'
import { type Ending, failure } from './failure.ts'

export interface RunOptions {
  readonly signal: AbortSignal
  /** The repository that errors name. */
  readonly subject: string
  /** What git reads from its standard input, as fast as it takes it. Its signal aborts when git is no longer there. */
  readonly input?: ((signal: AbortSignal) => AsyncIterable<string>) | undefined
  /** Turns an ending that is not exit code 0 into what is thrown; undefined: it is an answer, no failure. */
  readonly judge?: ((ending: Ending) => Error | undefined) | undefined
}

/**
 * Runs one git command and yields what it prints, no faster than it is taken. Ends only when git ended well: a stream
 * that was cut off throws. Whoever stops early, by `return` or by the signal, leaves no process behind.
 */
export async function* run(args: readonly string[], options: RunOptions): AsyncGenerator<Buffer> {
  const { signal, input } = options
  signal.throwIfAborted()
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = spawn('git', args, { env: environment(process.env), stdio: [stdin, 'pipe', 'pipe'], windowsHide: true })
  const stop = new AbortController()
  // It only reads, so there is nothing that it would have to tidy up.
  const kill = () => {
    child.kill('SIGKILL')
    stop.abort()
  }
  signal.addEventListener('abort', kill, { once: true })
  const ended = endingOf(child)
  const fed = input === undefined ? undefined : feed(input(stop.signal), child.stdin!, kill)
  let broken: unknown
  try {
    try {
      for await (const chunk of child.stdout!) yield chunk
    } catch (error) {
      broken = error
    }
    const problem = problemOf({ args, options, ending: await ended, unfed: await fed, broken })
    if (problem !== undefined) throw problem
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
    await Promise.all([ended, fed])
  }
}

/** What a short git command prints. */
export async function textOf(args: readonly string[], options: RunOptions): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of run(args, options)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

// An error in feeding that says no more than that git is gone; its exit code then says why.
const PROCESS_GONE_CODES = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

const COMMAND = /^[a-z]+-[a-z-]+$/

interface Outcome {
  readonly args: readonly string[]
  readonly options: RunOptions
  readonly ending: Ending
  readonly unfed: unknown
  readonly broken: unknown
}

function problemOf({ args, options, ending, unfed, broken }: Outcome): unknown {
  const { signal, subject, judge } = options
  if (signal.aborted) return signal.reason
  const command = args.find((arg) => COMMAND.test(arg)) ?? ''
  const isGone = unfed !== undefined && PROCESS_GONE_CODES.has(String((unfed as NodeJS.ErrnoException).code))
  if (ending.error === undefined && unfed !== undefined && !isGone) return unfed
  if (ending.error !== undefined || ending.code !== 0) {
    return judge === undefined ? failure(command, subject, ending) : judge(ending)
  }
  const cause = unfed ?? broken
  if (cause === undefined) return undefined
  return new SyncError(`the output of git ${command} in ${subject} was cut off`, 'retry', { cause })
}

function endingOf(child: ChildProcess): Promise<Ending> {
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < 4000) stderr += text
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error, stderr }))
    child.once('close', (code, signal) => resolve({ code, signal, stderr }))
  })
}

/** @returns what went wrong; never rejects. */
async function feed(input: AsyncIterable<string>, stdin: Writable, kill: () => void): Promise<unknown> {
  let own: unknown
  // The error of the input itself: a pipeline mixes it with those of the streams that it tears down.
  const watched = async function* () {
    try {
      yield* input
    } catch (error) {
      own = error
      throw error
    }
  }
  try {
    await pipeline(watched, stdin)
    return undefined
  } catch (error) {
    kill()
    return own ?? error
  }
}
