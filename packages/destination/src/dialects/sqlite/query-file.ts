import { existsSync } from 'node:fs'
import { SyncError } from '@tidemark/core'
import type { QueryAnswer } from '../database-kind.ts'
import { explain } from './errors.ts'
import { queryOpen } from './query.ts'
import { openReadOnly, type ReadOnlyDatabase } from './read-only.ts'

/** How long a writer is waited for. */
const BUSY_MS = 5000

/**
 * Asks a SQLite file by a connection of its own, row by row. SQLite does not let go before it has the next one, which may
 * be never: for a process that can be ended.
 *
 * @throws SyncError code `query` where the statement is not a query.
 */
export function* queryFile(path: string, statement: string): Generator<QueryAnswer> {
  let database: ReadOnlyDatabase | undefined
  try {
    if (!existsSync(path))
      throw new SyncError(`there is no database ${path}; restore it`, 'fix-config', { code: 'destination-missing' })
    database = openReadOnly(path, BUSY_MS)
    yield* queryOpen(database.raw, statement)
  } catch (error) {
    throw explain(error, path)
  } finally {
    database?.close()
  }
}
