import { SyncError } from '@tidemark/core'
import type { QueryResult } from '@tidemark/core/engine'
import { stateOf } from './errors.ts'
import { decodeText } from './forms.ts'
import type { Session } from './sessions.ts'

const ALLOWED = 'one SELECT (or VALUES, or WITH … SELECT) is allowed here, and nothing that writes'
/** What may stand before a statement's first word. */
const LEADING = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/
const READS = /^(?:select|values|with|table|show|explain)\b/i

/** Runs one statement of the user's in a transaction that cannot write. */
export async function runQuery({ client }: Session, text: string): Promise<QueryResult> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SyncError(`${problem}; ${ALLOWED}`, 'fix-config', { code: 'query', cause })
  }
  const statement = text.replace(LEADING, '')
  if (statement === '') return refuse('there is no statement')
  if (!READS.test(statement)) return refuse('the statement is no query')
  try {
    // Parsed by itself, so that there can be only one.
    const query = { text, rowMode: 'array', queryMode: 'extended', types: { getTypeParser: parserOf } }
    const result = (await client.query(query as never)) as unknown as {
      readonly fields: readonly { readonly name: string }[]
      readonly rows: readonly (readonly unknown[])[]
    }
    if (result.fields.length === 0) return refuse('the statement gives no rows')
    return { columns: result.fields.map(({ name }) => name), rows: result.rows }
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

/** Whole numbers as numbers where a double holds them, else as bigints; times as they are written everywhere else. */
function parserOf(oid: number): (text: string) => unknown {
  switch (oid) {
    case 16:
      return (text) => text === 't'
    case 20:
    case 21:
    case 23:
      return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text))
    case 700:
    case 701:
      return Number
    case 17:
      return (text) => decodeText(text, 'bytes')
    case 1082:
      return (text) => decodeText(text, 'date')
    case 1114:
      return (text) => decodeText(text, 'local_timestamp')
    case 1184:
      return (text) => decodeText(text, 'timestamp')
    default:
      return (text) => text
  }
}
