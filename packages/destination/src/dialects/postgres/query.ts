import { SyncError } from '@tidemark/core'
import { AnswerSize, type QueryResult } from '@tidemark/core/engine'
import pg from 'pg'
import { answerLimit } from '../../answer-limit.ts'
import { ANSWERS } from './column-types.ts'
import { stateOf } from './errors.ts'
import type { Reserved } from './sessions.ts'

const ALLOWED = 'only a single SELECT (or VALUES, or WITH … SELECT) is allowed here, and nothing that writes'
/** What may precede a statement's first word. */
const LEADING = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/
const READS = /^(?:select|values|with|table|show|explain)\b/i

/**
 * Runs one statement of the user's in a transaction that cannot write.
 *
 * @param cancel ends the statement at the server, where its answer does not fit; absent: the rest passes by.
 * @throws SyncError code `query` for what is not a query, and for an answer that does not fit.
 */
export async function runQuery({ client }: Reserved, text: string, cancel?: () => void): Promise<QueryResult> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SyncError(`${problem}; ${ALLOWED}`, 'fix-config', { code: 'query', cause })
  }
  const statement = text.replace(LEADING, '')
  if (statement === '') return refuse('there is no statement')
  if (!READS.test(statement)) return refuse('the statement is not a query')
  try {
    // Parsed by itself, so that there can be only one.
    const query = { text, rowMode: 'array', queryMode: 'extended', types: { getTypeParser: parserOf } }
    const result = await gathered(client, new pg.Query(query as never), cancel)
    if (result.columns.length === 0) return refuse('the statement returns no rows')
    return result
  } catch (error) {
    if (SyncError.is(error)) throw error
    const state = stateOf(error) ?? ''
    const { message } = error as Error
    if (state === '25006') return refuse('the statement would write', error)
    if (/multiple commands/.test(message)) return refuse('there is more than one statement', error)
    // What is wrong with the statement, and not with the server or the connection.
    if (state !== '' && !/^(08|25P|40|5[357]|58|F0|XX)/.test(state))
      throw new SyncError(`the query cannot be run: ${message}`, 'fix-config', { code: 'query', cause: error })
    throw error
  }
}

/** The rows of a statement, weighed as they come. */
async function gathered(
  client: Reserved['client'],
  query: pg.Query,
  cancel: (() => void) | undefined,
): Promise<QueryResult> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const size = new AnswerSize(answerLimit)
  let rows: (readonly unknown[])[] = []
  let tooLarge: { readonly error: unknown } | undefined
  query.on('row', (row: unknown) => {
    if (tooLarge !== undefined) return
    try {
      size.add(row as readonly unknown[])
      rows.push(row as readonly unknown[])
    } catch (error) {
      tooLarge = { error }
      rows = []
      cancel?.()
    }
  })
  query.on('end', ({ fields }: pg.QueryArrayResult) => resolve(fields.map(({ name }) => name)))
  query.on('error', reject)
  client.query(query)
  const columns = await promise.catch((error: unknown) => {
    throw tooLarge?.error ?? error
  })
  if (tooLarge !== undefined) throw tooLarge.error
  return { columns, rows }
}

/** Whole numbers as numbers where a double holds them, else as bigints; times as they are written everywhere else. */
function parserOf(oid: number): (text: string) => unknown {
  return ANSWERS.get(oid) ?? ((text) => text)
}
