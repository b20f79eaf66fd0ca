import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryResult } from '@tidemark/core/engine'
import { Kysely, type RawBuilder, sql } from 'kysely'
import { Lots } from '../../lots.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import type { Connections, OtherTable, Session, TableColumns, TransactionOptions } from '../dialect.ts'
import { AttachedTable, attach, detach } from './attached.ts'
import { prepared } from './bulk.ts'
import { Checkpoints } from './checkpoints.ts'
import { type Database, dialectOf } from './database.ts'
import { BUSY, codeOf, explain } from './errors.ts'
import { KeptStatements } from './kept-statements.ts'
import { runQuery } from './query.ts'
import { openReadingConnection, type ReadingConnection } from './reading-connection.ts'
import { type Kept, SqliteSession } from './session.ts'
import { runTogether, SmallWork, TOGETHER } from './small-work.ts'
import { Upserts } from './upserts.ts'

/** So many times as long as SQLite waits itself a program is waited for that writes. */
const PATIENCE = 6
const PAUSE_MS = 50

type SafetyLevel = 'full' | 'normal'

interface Reader extends ReadingConnection {
  readonly session: SqliteSession
  /** The file that it sees beside its own. */
  readonly other: string | undefined
}

/** One connection to a SQLite file that writes, and others that read: these are kept, as each reads all definitions first. */
export class SqliteConnections implements Connections {
  readonly #database: Database
  readonly #kept: Kept
  readonly #idle: Reader[] = []
  /** The file that every connection sees beside its own. */
  #other: string | undefined
  #level: SafetyLevel = 'full'
  readonly #checkpoints: Checkpoints
  readonly #small = new Lots<SmallWork>(
    (take) => this.#write((session) => runTogether(this.#database.raw, session, take())),
    TOGETHER,
  )

  constructor(database: Database) {
    this.#database = database
    this.#kept = keptOf(database)
    this.#checkpoints = new Checkpoints(database.path)
  }

  async transaction<T>(
    { mode, isSmall, isInterim }: TransactionOptions,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (mode === 'read') return await this.#read(work)
    return isSmall === true ? await this.#together(work) : await this.#write(work, isInterim)
  }

  async *reading<T>(_table: string, work: (session: Session) => AsyncIterable<T>): AsyncGenerator<T> {
    if (this.#database.path === ':memory:') {
      // The connection is the only one: its transaction must not wait for whoever takes the rows.
      yield* await this.#read(async (session) => {
        const rows: T[] = []
        for await (const row of work(session)) rows.push(row)
        return rows
      })
      return
    }
    const reader = await this.#guard(async () => this.#reader())
    try {
      reader.raw.exec('begin')
      yield* work(reader.session)
    } catch (error) {
      throw explain(error, this.#database.path)
    } finally {
      this.#release(reader)
    }
  }

  async beside<T>(place: string, table: TableColumns, work: (other: OtherTable) => Promise<T>): Promise<T | undefined> {
    const { raw, path } = this.#database
    if (path === ':memory:' || place === ':memory:') return undefined
    try {
      attach(raw, place)
    } catch {
      // One of another encoding cannot be attached. What else is wrong with it says whoever reads it by itself.
      return undefined
    }
    this.closeReaders()
    this.#other = place
    try {
      const other = new AttachedTable(table)
      return (await this.#read((session) => other.isAlike(session))) ? await work(other) : undefined
    } finally {
      this.#other = undefined
      this.closeReaders()
      detach(raw)
    }
  }

  async ask<T>(statement: RawBuilder<T>): Promise<readonly T[]> {
    return await this.#guard(async () => (await statement.execute(this.#database.db)).rows)
  }

  async query(statement: string): Promise<QueryResult> {
    const { raw, path } = this.#database
    if (path === ':memory:') return await this.#read(async () => runQuery(raw, statement))
    return await this.#guard(async () => {
      const reader = this.#reader()
      try {
        return runQuery(reader.raw, statement)
      } finally {
        this.#release(reader)
      }
    })
  }

  async close(): Promise<void> {
    this.closeReaders()
    await this.#checkpoints.close()
    await this.#database.db.destroy()
    if (this.#database.raw.isOpen) this.#database.raw.close()
  }

  closeReaders(): void {
    for (const reader of this.#idle.splice(0)) reader.close()
  }

  async #write<T>(work: (session: Session) => Promise<T>, isInterim = false): Promise<T> {
    const { busyMs, path, db, raw } = this.#database
    const deadline = performance.now() + PATIENCE * busyMs
    for (;;) {
      let isBegun = false
      const begun = (transaction: Kysely<StateDatabase>): Promise<T> => {
        isBegun = true
        return work(new SqliteSession(transaction, raw, this.#kept))
      }
      try {
        const result = await db.connection().execute(async (connection) => {
          this.#writeSafely(isInterim ? 'normal' : 'full')
          return await connection.transaction().execute(begun)
        })
        this.#checkpoints.wrote()
        return result
      } catch (error) {
        const isBusy = !isBegun && codeOf(error) === BUSY
        if (!isBusy || performance.now() > deadline) throw explain(error, path)
        // SQLite's own wait holds up all that the process does.
        await sleep(PAUSE_MS)
      }
    }
  }

  /** Only between transactions. NORMAL waits for the disk where the log is copied into the file, FULL at every commit as well. */
  #writeSafely(level: SafetyLevel): void {
    if (level === this.#level) return
    this.#database.raw.exec(`pragma synchronous = ${level}`)
    this.#level = level
  }

  async #together<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const small = new SmallWork(work)
    await this.#small.add([small])
    return await this.#guard(async () => small.result())
  }

  /** Several reads that see one moment; they wait for no writer of another connection. */
  async #read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { db, raw } = this.#database
    return await this.#guard(() =>
      db.connection().execute(async (connection) => {
        await sql`begin deferred`.execute(connection)
        try {
          return await work(new SqliteSession(connection, raw, this.#kept))
        } finally {
          await sql`rollback`.execute(connection)
        }
      }),
    )
  }

  #reader(): Reader {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    const connection = openReadingConnection(this.#database, this.#database)
    const other = this.#other
    if (other !== undefined) attach(connection.raw, other)
    const db = new Kysely<StateDatabase>({ dialect: dialectOf(connection.raw) })
    return { ...connection, other, session: new SqliteSession(db, connection.raw, keptOf(connection)) }
  }

  #release(reader: Reader): void {
    if (this.#database.raw.isOpen && reader.other === this.#other) {
      if (reader.raw.isTransaction) reader.raw.exec('rollback')
      this.#idle.push(reader)
    } else reader.close()
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw explain(error, this.#database.path)
    }
  }
}

function keptOf({ raw }: Pick<Database, 'raw'>): Kept {
  return { statements: new KeptStatements((text) => prepared(raw, text)), upserts: new Upserts() }
}
