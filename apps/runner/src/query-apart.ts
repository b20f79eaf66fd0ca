import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Remedy, SyncError } from '@tidemark/core'
import { AnswerSize, type QueryLimits, type QueryResult } from '@tidemark/core/engine'
import { answerLimit, type Place, tookTooLong } from '@tidemark/destination'

export interface Question {
  readonly place: Place
  readonly statement: string
}

/** What the child process receives. */
export interface ChildQuestion extends Question {
  /** The parent process. */
  readonly asker: number
}

export type ChildAnswer =
  | { readonly columns: readonly string[] }
  | { readonly rows: readonly (readonly unknown[])[] }
  | { readonly isDone: true }
  | { readonly error: { readonly message: string; readonly remedy: Remedy; readonly code: string | undefined } }
  | { readonly bug: string }

/** Runs a query that the database cannot cancel in a child process, which is killed at the time limit or on the signal. */
export function queryApart(question: Question, { limitMs, signal }: QueryLimits): Promise<QueryResult> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(new URL('./query-child.js', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C in a terminal goes to the parent, which then ends this process.
    detached: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<QueryResult>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop)
  const timer = setTimeout(() => reject(tookTooLong(limitMs)), limitMs)
  let columns: readonly string[] = []
  const rows: (readonly unknown[])[] = []
  const size = new AnswerSize(answerLimit)
  const take = (some: readonly (readonly unknown[])[]): void => {
    try {
      for (const row of some) {
        size.add(row)
        rows.push(row)
      }
    } catch (error) {
      child.kill('SIGKILL')
      reject(error)
    }
  }
  child.on('message', (answer: ChildAnswer) => {
    if ('columns' in answer) columns = answer.columns
    else if ('rows' in answer) take(answer.rows)
    else if ('error' in answer) reject(failureOf(answer.error))
    else if ('bug' in answer) reject(Object.assign(new Error('the query failed'), { stack: answer.bug }))
    else resolve({ columns, rows })
  })
  child.once('error', reject)
  child.once('close', (code, killed) => reject(endedEarly(code, killed)))
  const sent: ChildQuestion = { ...question, asker: process.pid }
  child.send(sent, (error) => error !== null && reject(error))
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    child.kill('SIGKILL')
  })
}

function failureOf({ message, remedy, code }: Extract<ChildAnswer, { error: unknown }>['error']): SyncError {
  return new SyncError(message, remedy, code === undefined ? {} : { code })
}

/** The child died, most likely because the result did not fit into memory. */
function endedEarly(code: number | null, killed: NodeJS.Signals | null): SyncError {
  return new SyncError(
    `the query process ended without a result (${killed ?? `code ${code}`}), probably because the result does not fit into memory; ask for fewer rows or columns`,
    'fix-config',
    { code: 'query' },
  )
}
