import { examineSqlite } from './dialects/sqlite/examine.ts'
import type { Place } from './open.ts'

/** What a destination is and whether it can be written, before anything is. */
export interface Examination {
  readonly kind: 'sqlite' | 'postgres'
  readonly version: string
  /** What is left of the disk; undefined where only the server can see it. */
  readonly freeBytes: number | undefined
  /** What stands against writing, each with the way out. */
  readonly problems: readonly string[]
}

/** The driver, loaded only where it is used. */
const postgres = () => import('./dialects/postgres/examine.ts')

/** Looks whether a place can be written; makes and changes nothing. @throws SyncError where a server cannot be asked. */
export async function examine({ url, shown, isServer }: Place): Promise<Examination> {
  return isServer ? await (await postgres()).examinePostgres(url) : await examineSqlite(url, shown)
}
