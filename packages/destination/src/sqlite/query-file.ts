import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { explain } from './errors.ts'
import { type QueryAnswer, queryRows } from './query.ts'
import { temporaryBeside } from './temporary.ts'

/** How long a writer is waited for. */
const BUSY_MS = 5000

/**
 * Asks a SQLite file by a connection of its own, row by row. SQLite does not let go before it has the next one, which may
 * be never: for a process that can be ended.
 *
 * @throws SyncError code `query` where the statement is no query.
 */
export function* queryFile(path: string, statement: string): Generator<QueryAnswer> {
  let raw: DatabaseSync | undefined
  try {
    if (!existsSync(path))
      throw new SyncError(`there is no database ${path}; put it back`, 'fix-config', { code: 'destination-missing' })
    temporaryBeside(path)
    raw = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS, allowExtension: false })
    yield* queryRows(raw, statement)
  } catch (error) {
    throw explain(error, path)
  } finally {
    raw?.close()
  }
}
