import { failpoint, type QueryLimits, type QueryResult } from '@tidemark/core/engine'
import type { RawBuilder } from 'kysely'
import type { Connections, Dialect, Mode, Session, TransactionOptions } from '../dialect.ts'
import { explain, isOutOfMemory } from './errors.ts'
import type { DuckDbFile } from './file.ts'
import { kyselyOver } from './kysely.ts'
import type { Memory } from './memory.ts'
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
  close(): Promise<void>
}

/** How large the log becomes before it is written into the file; DuckDB's own choice. */
const LOG = '16MB'
/** Where parts of wide rows are written one by one: each time DuckDB writes up to 122,880 rows once more, with all of their values. */
const LONG_LOG = '512MB'
/** Many wide rows at a time go into the file and not into the log, which would be held in memory before it is written. */
const AT_ONCE = '1KB'

/** One connection to a DuckDB file that writes, and others that read. */
export class DuckDbConnections implements Connections {
  readonly #access: FileAccess
  readonly #dialect: Dialect
  #log = LOG

  constructor(access: FileAccess, dialect: Dialect) {
    this.#access = access
    this.#dialect = dialect
  }

  async transaction<T>({ mode }: TransactionOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#withFile((file, writer) =>
      file.turns.take(async () => {
        if (writer !== undefined) return await this.#run(file, writer, mode, work)
        const own = await connect(file)
        try {
          return await this.#run(file, own, mode, work)
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
        await file.memory?.lift(reader.connection)
        await reader.connection.run('begin transaction read only')
        yield* work(new DuckDbSession(reader, this.#dialect, new Decisions()))
      } finally {
        await file.memory?.restore(reader.connection)
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
    await this.#access.close()
  }

  /** Does the work until none of it is to be undone. */
  async #run<T>(
    { memory }: DuckDbFile,
    connected: Connected,
    mode: Mode,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const { connection } = connected
    const decisions = new Decisions()
    for (;;) {
      decisions.begin()
      await memory?.limit(connection)
      await connection.run('begin transaction')
      let isWritten = false
      try {
        const session = new DuckDbSession(connected, this.#dialect, decisions)
        const result = await work(session)
        if (mode === 'read') await connection.run('rollback')
        else {
          isWritten = true
          if (session.wroteWide) this.#log = LONG_LOG
          await commit(connected, { memory, checkpointAt: session.isWide ? AT_ONCE : this.#log })
        }
        return result
      } catch (error) {
        // A failed COMMIT has ended it by itself.
        await connection.run('rollback').catch(() => {})
        if (!(error instanceof Again || (!isWritten && isOutOfMemory(error) && memory?.raise() === true))) throw error
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

interface Commit {
  readonly memory: Memory | undefined
  readonly checkpointAt: string
}

async function commit({ connection }: Connected, { memory, checkpointAt }: Commit): Promise<void> {
  failpoint('before-commit')
  await memory?.lift(connection)
  try {
    if (checkpointAt !== LOG) await connection.run(`set checkpoint_threshold = '${checkpointAt}'`)
    await connection.run('commit')
  } finally {
    // What was committed is committed, and what was not has an error of its own.
    if (checkpointAt === AT_ONCE) await connection.run('reset checkpoint_threshold').catch(() => {})
    await memory?.restore(connection).catch(() => {})
  }
  failpoint('after-commit')
}

/** One more connection to a file. */
export async function connect({ duckdb, ...file }: DuckDbFile): Promise<Connected> {
  const connection = await file.connect()
  // Whole numbers are divided as in every other database, for the SQL of the state.
  await connection.run('set integer_division = true')
  return { duckdb, connection, db: kyselyOver(duckdb, connection) }
}
