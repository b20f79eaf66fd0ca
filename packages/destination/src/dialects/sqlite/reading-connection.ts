import { DatabaseSync } from 'node:sqlite'
import type { Database, DatabaseOptions } from './database.ts'

/** A connection that only reads, and is in nobody's way; to a database in memory there is only the one that made it. */
export interface ReadingConnection {
  readonly raw: DatabaseSync
  close(): void
}

export function openReadingConnection({ path, raw }: Database, { busyMs }: DatabaseOptions): ReadingConnection {
  if (path === ':memory:') return { raw, close() {} }
  const reader = new DatabaseSync(path, { readOnly: true, timeout: busyMs, allowExtension: false })
  return { raw: reader, close: () => reader.close() }
}
