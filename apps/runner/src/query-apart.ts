import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Remedy, SyncError } from '@tidemark/core'
import { AnswerSize, type QueryLimits, type QueryResult } from '@tidemark/core/engine'
import { answerLimit, type Place, tookTooLong } from '@tidemark/destination'

export interface Question {
  readonly place: Place
  readonly statement: string
}

/** What the process is sent. */
export interface ChildQuestion extends Question {
  /** The process that asked. */
  readonly asker: number
}

export type ChildAnswer =
  | { readonly columns: readonly string[] }
  | { readonly rows: readonly (readonly unknown[])[] }
  | { readonly isDone: true }
  | { readonly error: { readonly message: string; readonly remedy: Remedy; readonly code: string | undefined } }
  | { readonly bug: string }

/** Asks a database that does not end queries in a process of its own, which is ended when the time is up or the signal comes. */
export function queryApart(question: Question, { limitMs, signal }: QueryLimits): Promise<QueryResult> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(new URL('./query-child.js', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C in a terminal is for the one that asked, which then ends this.
    detached: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<QueryResult>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop)
  const timer = setTimeout(() => reject(tookTooLong(limitMs)), limitMs)
  let columns: readonly string[] = []
  const rows: (readonly unknown[])[] = []
  const size = new AnswerSize(answerLimit())
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

/** It died of something: most likely of an answer that does not fit into its memory. */
function endedEarly(code: number | null, killed: NodeJS.Signals | null): SyncError {
  return new SyncError(
    `the query ended without an answer (${killed ?? `code ${code}`}), as it does where the answer does not fit into memory; ask for fewer rows or columns`,
    'fix-config',
    { code: 'query' },
  )
}
