import { failpoint, type QueryLimits, type QueryResult } from '@tidemark/core/engine'
import type { RawBuilder } from 'kysely'
import type { Connections, Dialect, Mode, Session, TransactionOptions } from '../dialect.ts'
import { explain } from './errors.ts'
import type { DuckDbFile } from './file.ts'
import { kyselyOver } from './kysely.ts'
import { limitedQuery } from './query.ts'
import { Again, Decisions } from './replay.ts'
import { type Connected, DuckDbSession } from './session.ts'

/** Where the connections get their file from: one that they keep, or one that is opened for each question. */
export interface FileAccess {
  readonly path: string
  /** The file, and the connection that writes and has the staging tables; absent: each question has one of its own. */
  take(): Promise<{ readonly file: DuckDbFile; readonly writer?: Connected | undefined }>
  /** After each question. */
  release(file: DuckDbFile): void
  close(): void
}

/** One connection to a DuckDB file that writes, and others that read. */
export class DuckDbConnections implements Connections {
  readonly #access: FileAccess
  readonly #dialect: Dialect

  constructor(access: FileAccess, dialect: Dialect) {
    this.#access = access
    this.#dialect = dialect
  }

  async transaction<T>({ mode }: TransactionOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#withFile((file, writer) =>
      file.turns.take(async () => {
        if (writer !== undefined) return await this.#run(writer, mode, work)
        const own = await connect(file)
        try {
          return await this.#run(own, mode, work)
        } finally {
          own.connection.closeSync()
        }
      }),
    )
  }

  async *reading<T>(_table: string, work: (session: Session) => AsyncIterable<T>): AsyncGenerator<T> {
    const { file } = await this.#guard(() => this.#access.take())
    try {
      const reader = await connect(file)
      try {
        await reader.connection.run('begin transaction read only')
        yield* work(new DuckDbSession(reader, this.#dialect, new Decisions()))
      } finally {
        reader.connection.closeSync()
      }
    } catch (error) {
      throw explain(error, this.#access.path)
    } finally {
      this.#access.release(file)
    }
  }

  async ask<T>(statement: RawBuilder<T>): Promise<readonly T[]> {
    return await this.#withFile(async (file) => {
      const own = await connect(file)
      try {
        return (await statement.execute(own.db)).rows
      } finally {
        own.connection.closeSync()
      }
    })
  }

  async query(statement: string, limits?: QueryLimits): Promise<QueryResult> {
    return await this.#withFile(async (file) => {
      const connection = await file.connect()
      try {
        return await limitedQuery(connection, statement, limits)
      } finally {
        connection.closeSync()
      }
    })
  }

  async close(): Promise<void> {
    this.#access.close()
  }

  /** Does the work until none of it is to be undone. */
  async #run<T>(connected: Connected, mode: Mode, work: (session: Session) => Promise<T>): Promise<T> {
    const { connection } = connected
    const decisions = new Decisions()
    for (;;) {
      decisions.begin()
      await connection.run('begin transaction')
      try {
        const result = await work(new DuckDbSession(connected, this.#dialect, decisions))
        if (mode === 'read') await connection.run('rollback')
        else await commit(connected)
        return result
      } catch (error) {
        // A failed COMMIT has ended it by itself.
        await connection.run('rollback').catch(() => {})
        if (!(error instanceof Again)) throw error
      }
    }
  }

  async #withFile<T>(work: (file: DuckDbFile, writer: Connected | undefined) => Promise<T>): Promise<T> {
    return await this.#guard(async () => {
      const { file, writer } = await this.#access.take()
      try {
        return await work(file, writer)
      } finally {
        this.#access.release(file)
      }
    })
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw explain(error, this.#access.path)
    }
  }
}

async function commit({ connection }: Connected): Promise<void> {
  failpoint('before-commit')
  await connection.run('commit')
  failpoint('after-commit')
}

/** One more connection to a file. */
export async function connect({ duckdb, ...file }: DuckDbFile): Promise<Connected> {
  const connection = await file.connect()
  // Whole numbers are divided as in every other database, for the SQL of the state.
  await connection.run('set integer_division = true')
  return { duckdb, connection, db: kyselyOver(duckdb, connection) }
}
