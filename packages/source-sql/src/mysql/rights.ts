import { type RawBuilder, sql } from 'kysely'
import { type ErrorTranslator, sqlFailure } from '../failure.ts'
import { type FoundTable, placesOf } from '../found-table.ts'
import { relationOf } from '../select.ts'
import { dialect } from './read.ts'

/** What a server says of what is not there. */
const MISSING_OBJECT_CODES = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR', 'ER_BAD_FIELD_ERROR'])
/** Whoever has no right to it gets the same answer about a table that is there and about one that is not. */
const DENIED = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_VIEW_INVALID',
])

export interface RightsQuestion {
  readonly ask: (query: string) => Promise<unknown>
  readonly blame: ErrorTranslator
  readonly signal: AbortSignal
}

/** Why a table that is not listed may still be there; undefined where it is gone. */
export async function whyHidden(
  name: string,
  main: string | undefined,
  question: RightsQuestion,
): Promise<string | undefined> {
  for (const [schema = main, relation] of placesOf(name)) {
    if (schema === undefined) continue
    const reason = await whyNot(sql`select 1 from ${sql.id(schema, relation)} limit 0`, question)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** Those of some columns that are there and may not be read. */
export async function hiddenAmong(
  table: FoundTable,
  columns: readonly string[],
  question: RightsQuestion,
): Promise<readonly string[]> {
  const hidden: string[] = []
  for (const name of columns) {
    const reason = await whyNot(sql`select ${sql.id(name)} from ${relationOf({ table })} limit 0`, question)
    if (reason !== undefined) hidden.push(name)
  }
  return hidden
}

/** Why something cannot be asked for; undefined where it is not there. */
async function whyNot(query: RawBuilder<unknown>, { ask, blame, signal }: RightsQuestion): Promise<string | undefined> {
  try {
    await ask(dialect.compile(query).sql)
    return 'it exists but is not listed'
  } catch (error) {
    if (signal.aborted) throw error
    const { code, message } = error as { code?: unknown; message?: unknown }
    if (MISSING_OBJECT_CODES.has(String(code))) return undefined
    if (DENIED.has(String(code))) return String(message)
    throw sqlFailure(error, blame)
  }
}
