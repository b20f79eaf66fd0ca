import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { SyncError } from '@tidemark/core'
import { AnswerSize, type QueryLimits, type QueryResult } from '@tidemark/core/engine'
import { answerLimit } from '../../answer-limit.ts'
import { tookTooLong } from '../../took-too-long.ts'
import { isInterrupted, isOfStatement } from './errors.ts'
import { shownValue } from './values.ts'

const ALLOWED = 'only a single SELECT (or VALUES, or WITH … SELECT) is allowed here, and nothing that writes'
/** What holds no statement. */
const NOTHING = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/
/** DuckDB's numbers of the kinds of statements that only read (`StatementType`). */
const SELECT = 1
const EXPLAIN = 4

/** Asks a statement of the user's, which is interrupted when the time is up or the signal comes. */
export async function limitedQuery(
  connection: DuckDBConnection,
  statement: string,
  limits: QueryLimits | undefined,
): Promise<QueryResult> {
  if (limits === undefined) return await runQuery(connection, statement)
  const { limitMs, signal } = limits
  signal.throwIfAborted()
  // A statement that is interrupted before it runs is not ended: so again and again.
  let ending: NodeJS.Timeout | undefined
  const end = (): void => {
    ending ??= setInterval(() => connection.interrupt(), 50)
    connection.interrupt()
  }
  const timer = setTimeout(end, limitMs)
  signal.addEventListener('abort', end)
  try {
    return await runQuery(connection, statement)
  } catch (error) {
    signal.throwIfAborted()
    throw isInterrupted(error) ? tookTooLong(limitMs) : error
  } finally {
    clearTimeout(timer)
    clearInterval(ending)
    signal.removeEventListener('abort', end)
  }
}

/**
 * Runs one statement of the user's in a transaction that cannot write.
 *
 * @throws SyncError code `query` for what is not a query, and for an answer that does not fit.
 */
async function runQuery(connection: DuckDBConnection, text: string): Promise<QueryResult> {
  try {
    await connection.run('begin transaction read only')
    const prepared = await prepareQuery(connection, text)
    const result = await prepared.stream()
    const columns = result.columnNames()
    const types = result.columnTypes().map(String)
    const size = new AnswerSize(answerLimit)
    const rows: (readonly unknown[])[] = []
    for await (const some of result.yieldRows()) {
      for (const values of some) {
        const row = values.map((value, at) => shownValue(value, types[at]!))
        size.add(row)
        rows.push(row)
      }
    }
    return { columns, rows }
  } catch (error) {
    if (SyncError.is(error) || isInterrupted(error)) throw error
    const message = (error as Error).message.replace(/^Failed to extract statements: |\n[\s\S]*$/g, '')
    if (/read-only mode/.test(message)) return refuse('the statement would write', error)
    if (isOfStatement(error))
      throw new SyncError(`the query cannot be run: ${message}`, 'fix-config', { code: 'query', cause: error })
    throw error
  }
}

async function prepareQuery(connection: DuckDBConnection, text: string): Promise<DuckDBPreparedStatement> {
  if (NOTHING.test(text)) return refuse('there is no statement')
  const statements = await connection.extractStatements(text)
  if (statements.count > 1) return refuse('there is more than one statement')
  const prepared = await statements.prepare(0)
  const type: number = prepared.statementType
  return type === SELECT || type === EXPLAIN ? prepared : refuse('the statement is not a query')
}

function refuse(problem: string, cause?: unknown): never {
  throw new SyncError(`${problem}; ${ALLOWED}`, 'fix-config', { code: 'query', cause })
}
