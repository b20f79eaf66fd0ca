import { constants, type DatabaseSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { AnswerSize, type QueryResult } from '@tidemark/core/engine'
import { answerLimit } from '../../answer-limit.ts'
import type { QueryAnswer } from '../database-kind.ts'
import { codeOf, FAULT } from './errors.ts'

const ALLOWED = 'only a single SELECT (or VALUES, or WITH … SELECT) is allowed here, and nothing that writes'
/** What may follow a statement: nothing. */
const NOTHING = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/

/** Runs one statement of the user's on a connection that cannot write. @throws SyncError code `query` for an answer that does not fit. */
export function runQuery(raw: DatabaseSync, text: string): QueryResult {
  let columns: readonly string[] = []
  const rows: (readonly unknown[])[] = []
  const size = new AnswerSize(answerLimit)
  for (const answer of queryOpen(raw, text)) {
    if ('columns' in answer) columns = answer.columns
    else {
      size.add(answer.row)
      rows.push(answer.row)
    }
  }
  return { columns, rows }
}

/** The same row by row. Nothing else may be asked of the connection meanwhile. */
export function* queryOpen(raw: DatabaseSync, text: string): Generator<QueryAnswer> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SyncError(`${problem}; ${ALLOWED}`, 'fix-config', { code: 'query', cause })
  }
  raw.setAuthorizer(onlyReads)
  try {
    const statement = raw.prepare(text)
    if (!NOTHING.test(text.slice(statement.sourceSQL.length))) refuse('there is more than one statement')
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    const columns = statement.columns().map(({ name }) => name)
    if (columns.length === 0) refuse('the statement returns no rows')
    yield { columns }
    for (const row of statement.iterate() as unknown as Iterable<readonly unknown[]>) yield { row: row.map(exact) }
  } catch (error) {
    if (SyncError.is(error)) throw error
    const code = codeOf(error)
    // Denied by the authorizer, or by the connection.
    if (code === 23 || code === 8) return refuse('the statement would write, or change the connection', error)
    // What is wrong with the statement, or a value in it that is larger than SQLite or a text may be.
    if (code === FAULT || code === 18 || code === undefined)
      throw new SyncError(`the query cannot be run: ${problemOf(error as Error)}`, 'fix-config', {
        code: 'query',
        cause: error,
      })
    throw error
  } finally {
    raw.setAuthorizer(null)
  }
}

/** Node has no words for a row that it cannot make. */
function problemOf({ message }: Error): string {
  return /^Iterator result/.test(message) ? 'a value is larger than 512 MiB, the limit for a string here' : message
}

function onlyReads(action: number): number {
  const { SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE, SQLITE_OK, SQLITE_DENY } = constants
  return action === SQLITE_SELECT || action === SQLITE_READ || action === SQLITE_FUNCTION || action === SQLITE_RECURSIVE
    ? SQLITE_OK
    : SQLITE_DENY
}

/** A whole number as a number where a double holds it, else as a bigint. */
function exact(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
