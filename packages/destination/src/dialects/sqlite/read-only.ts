import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { stateVersion } from '../../state/migrations.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { type Database, dialectOf } from './database.ts'
import { explain } from './errors.ts'
import { sqliteFlavor } from './state-dialect.ts'
import { temporaryBeside } from './temporary.ts'

/** A SQLite file that is open for reading alone. */
export interface ReadOnlyDatabase extends Database {
  close(): void
}

/**
 * Opens an existing file for reading alone. In WAL mode SQLite makes its two companion files for a reader, too, and
 * a connection that cannot write leaves them behind: they go with it where they came with it.
 */
export function openReadOnly(path: string, busyMs: number): ReadOnlyDatabase {
  const companions = [`${path}-wal`, `${path}-shm`]
  temporaryBeside(path)
  const hadNone = !companions.some((file) => existsSync(file))
  const raw = new DatabaseSync(path, { readOnly: true, timeout: busyMs, allowExtension: false })
  return {
    path,
    busyMs,
    raw,
    db: new Kysely<StateDatabase>({ dialect: dialectOf(raw) }),
    close() {
      if (!raw.isOpen) return
      raw.close()
      if (hadNone && companions.some((file) => existsSync(file))) letSqliteTidy(path)
    },
  }
}

/** SQLite removes them itself as the last connection that may write closes; where another one is open, they stay. */
function letSqliteTidy(path: string): void {
  try {
    const raw = new DatabaseSync(path, { timeout: 0, allowExtension: false })
    try {
      // Reads one number of the file: all definitions of its tables stay unread.
      raw.prepare('pragma schema_version').get()
    } finally {
      raw.close()
    }
  } catch {
    // Whoever may not write there leaves them as they are.
  }
}

const BUSY_MS = 5000

/** Whether a file holds a state; makes nothing. @throws SyncError where it cannot be read, or is not a database. */
export async function hasSqliteState(path: string): Promise<boolean> {
  if (!existsSync(path)) return false
  let database: ReadOnlyDatabase | undefined
  try {
    database = openReadOnly(path, BUSY_MS)
    return (await stateVersion(database.db, sqliteFlavor)) > 0
  } catch (error) {
    throw explain(error, path)
  } finally {
    database?.close()
  }
}
