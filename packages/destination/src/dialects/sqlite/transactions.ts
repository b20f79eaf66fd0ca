import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-tables.ts'
import type { Database } from './database.ts'
import { BUSY, codeOf, explain } from './errors.ts'

/** So many times as long as SQLite waits itself a program is waited for that writes. */
const PATIENCE = 6
const PAUSE_MS = 50

/** The transactions of one SQLite file; an error of any of them names its path and the way out. */
export class Transactions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async write<T>(work: (db: Kysely<StateDatabase>) => Promise<T>): Promise<T> {
    const deadline = performance.now() + PATIENCE * this.#database.busyMs
    for (;;) {
      let isBegun = false
      const begun = (db: Kysely<StateDatabase>): Promise<T> => {
        isBegun = true
        return work(db)
      }
      try {
        return await this.#database.db.transaction().execute(begun)
      } catch (error) {
        const isBusy = !isBegun && codeOf(error) === BUSY
        if (!isBusy || performance.now() > deadline) throw explain(error, this.#database.path)
        // SQLite's own wait holds up all that the process does.
        await sleep(PAUSE_MS)
      }
    }
  }

  /** Several reads that see one moment; they wait for no writer. */
  async read<T>(work: (db: Kysely<StateDatabase>) => Promise<T>): Promise<T> {
    return await this.guard(() =>
      this.#database.db.connection().execute(async (db) => {
        await sql`begin deferred`.execute(db)
        try {
          return await work(db)
        } finally {
          await sql`rollback`.execute(db)
        }
      }),
    )
  }

  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw explain(error, this.#database.path)
    }
  }
}
