import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../state-tables.ts'
import type { Database } from './database.ts'
import { explain } from './errors.ts'

/** The transactions of one SQLite file; whatever fails in them is said with its path and the way out. */
export class Transactions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async write<T>(work: (db: Kysely<StateDatabase>) => Promise<T>): Promise<T> {
    return await this.guard(() => this.#database.db.transaction().execute(work))
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
