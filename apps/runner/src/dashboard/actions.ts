import { type ChildProcess, spawn } from 'node:child_process'
import { z } from 'zod'
import type { ActionAnswer } from './answers.ts'

/** The possible actions: verbs of the command line, on one table or on all. */
export const ActionQuestion = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('sync'), table: z.string().min(1).max(1000).optional() }),
  z.object({ verb: z.literal('resync'), table: z.string().min(1).max(1000) }),
  z.object({ verb: z.literal('pause'), table: z.string().min(1).max(1000) }),
  z.object({ verb: z.literal('resume'), table: z.string().min(1).max(1000) }),
  z.object({ verb: z.literal('retry'), table: z.string().min(1).max(1000).optional() }),
])
export type ActionQuestion = z.infer<typeof ActionQuestion>

export interface Actions {
  /** The running action, else the last one. */
  current(): ActionAnswer | null
  /** @param who asks for it; empty: nobody has to log in. @returns false if another action is running. */
  start(question: ActionQuestion, who: string): boolean
  /** Stops it as Ctrl-C does: what is committed stays. */
  stop(): void
  /** Stops it and waits until it has ended. */
  close(): Promise<void>
}

export interface ActionsOptions {
  /** How this command was called: the program and its options, without a verb. */
  readonly invocation: { readonly program: string; readonly flags: readonly string[]; readonly cwd: string }
  readonly environment: NodeJS.ProcessEnv
  /** Removes secrets and control characters from a line. */
  readonly clean: (line: string) => string
  readonly onChange: (action: ActionAnswer) => void
}

const LINES = 200
/** Minimum interval between progress messages. */
const TELL_MS = 200

/** Runs one action at a time, each in a child process of the same program, as if typed in a terminal. */
export function createActions({ invocation, environment, clean, onChange }: ActionsOptions): Actions {
  let action: ActionAnswer | null = null
  let child: ChildProcess | undefined
  let ended: Promise<void> = Promise.resolve()
  let telling: NodeJS.Timeout | undefined

  const tell = (): void => {
    telling ??= setTimeout(() => {
      telling = undefined
      if (action !== null) onChange(action)
    }, TELL_MS)
  }
  const say = (text: string): void => {
    if (action === null) return
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    action = { ...action, lines: [...action.lines, ...lines.map(clean)].slice(-LINES) }
    tell()
  }
  const end = (exitCode: number | null): void => {
    child = undefined
    if (action !== null) action = { ...action, endedAt: Date.now(), exitCode }
    tell()
  }

  return {
    current: () => action,
    start(question, who) {
      if (child !== undefined) return false
      action = {
        verb: question.verb,
        table: question.table ?? null,
        startedAt: Date.now(),
        endedAt: null,
        exitCode: null,
        lines: [],
      }
      const started = spawn(
        process.execPath,
        [invocation.program, ...invocation.flags, '--log', 'pretty', ...wordsOf(question, who)],
        {
          cwd: invocation.cwd,
          env: environment,
          stdio: ['ignore', 'pipe', 'pipe'],
          // Ctrl-C in the terminal goes to the dashboard, which then stops this process gracefully, once.
          detached: true,
        },
      )
      child = started
      for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', say)
      ended = new Promise((resolve) => {
        started.once('error', (error) => {
          say(error.message)
          end(null)
          resolve()
        })
        started.once('close', (code) => {
          end(code)
          resolve()
        })
      })
      tell()
      return true
    },
    stop: () => void child?.kill('SIGTERM'),
    async close() {
      child?.kill('SIGTERM')
      await ended
      clearTimeout(telling)
    },
  }
}

/** A table may be named like an option: after two dashes nothing is parsed as one. */
function wordsOf({ verb, table }: ActionQuestion, who: string): readonly string[] {
  // A decision says whose it is: not the user that the dashboard runs as, but whoever logged in there.
  const isDecision = (verb === 'pause' || verb === 'resume') && who.trim() !== ''
  const words = verb === 'retry' ? ['rejects', 'retry'] : isDecision ? [verb, `--by=${who.slice(0, 200)}`] : [verb]
  return table === undefined ? words : [...words, '--', table]
}
