import type { Execute } from '@tidemark/core/engine'
import { CompiledQuery, type Kysely } from 'kysely'
import type { StateDatabase } from './state-types.ts'

/** Runs statements of others in the transaction of a connection. */
export function statementsOf(db: Kysely<StateDatabase>): Execute {
  return async (statement, values = []) => {
    const { rows } = await db.executeQuery(CompiledQuery.raw(statement, [...values]))
    return { rows }
  }
}
