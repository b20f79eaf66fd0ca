import { DatabaseSync } from 'node:sqlite'
import type { CursorType } from '@tidemark/core/values'
import { INT64_MAX } from '@tidemark/core/values'
import { sql } from 'kysely'
import { ConnectionPool } from '../connection-pool.ts'
import { countQuery } from '../count.ts'
import type { Asked, Clock, Counted, Database, KeysSought, Reads, Row } from '../database.ts'
import { greatest } from '../exact.ts'
import { type ErrorTranslator, sqlFailure } from '../failure.ts'
import { findKeysQuery, namedRow } from '../find-keys.ts'
import type { FoundTable } from '../found-table.ts'
import { greatestQuery, greatestReadable } from '../integer-limit.ts'
import { keyBoundsBetween } from '../key-bounds.ts'
import { relationOf } from '../select.ts'
import type { FileTarget } from '../target.ts'
import { valueOfOldRows } from './before.ts'
import { dialect } from './dialect.ts'
import { tellSqlite } from './failure.ts'
import { findTables } from './find.ts'
import { type AskKeys, estimateKeys } from './key-bounds.ts'
import { readPages } from './read.ts'

/** How long a writer that is about to finish is waited for. */
const BUSY_MS = 5000
const READERS = 4

/** A column of integers may also hold a real number; a row that holds one is refused, and must not stop the others. */
function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return value >= Number(INT64_MAX) ? INT64_MAX : BigInt(Math.floor(value))
  return typeof value === 'bigint' ? value : undefined
}

export class Sqlite implements Database {
  readonly label: string
  readonly order = 'integers'
  readonly holdsAnything = true
  readonly #target: FileTarget
  readonly #files: ConnectionPool<DatabaseSync>
  readonly #blame: ErrorTranslator

  constructor(target: FileTarget) {
    this.label = target.label
    this.#target = target
    this.#blame = { label: target.label, mask: (text) => text, tell: tellSqlite }
    this.#files = new ConnectionPool(
      READERS,
      async () => new DatabaseSync(target.path, { readOnly: true, timeout: BUSY_MS }),
      (db) => db.close(),
    )
  }

  /** A file has no number of its own: where it lies is all there is. */
  async identity(): Promise<string> {
    await this.#ask('SELECT 1 FROM sqlite_schema LIMIT 1')
    return `sqlite:${this.#target.path}`
  }

  tables({ signal }: Asked): Promise<readonly FoundTable[]> {
    return this.#lend(signal, async (db) => findTables(db))
  }

  /** The clock of a file is that of the machine. Its one writer cannot be seen without getting in its way. */
  async clock(): Promise<Clock> {
    return {
      settledAt: BigInt(Date.now()) * 1000n,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }
  }

  /** There is one writer at a time, so what is committed was also counted in this order. */
  async integerEnd(table: FoundTable, column: string, { signal, log }: Asked): Promise<bigint | undefined> {
    const found = await greatestReadable(
      async (below) => {
        const ask = async (bound: bigint | undefined) =>
          (await this.#ask(greatestQuery({ table, column }, dialect, bound), [], signal))[0]?.[0]
        const last = await ask(below)
        // Texts and bytes are greater than every number: what lies before them is the end.
        return wholeOf(typeof last === 'object' || typeof last === 'string' ? await ask(INT64_MAX) : last)
      },
      { table, column, log },
    )
    const [counted] =
      table.key.length === 1 && table.key[0] === column && (await this.#countsUp(signal))
        ? await this.#ask('SELECT seq FROM sqlite_sequence WHERE name = ?', [table.relation], signal)
        : []
    // A file that has given out its very last number says nothing any more.
    const last = [found, counted?.[0]].filter(
      (value): value is bigint => typeof value === 'bigint' && value < INT64_MAX,
    )
    if (last.length === 0) return undefined
    return greatest(last) + 1n
  }

  async range(
    table: FoundTable,
    column: string,
    type: CursorType,
    { signal }: Asked,
  ): Promise<{ min: string; max: string } | undefined> {
    // Of texts in several forms the smallest is not the earliest.
    if (type !== 'integer') return undefined
    const cursor = sql.id(column)
    const query = dialect.compile(sql`select min(${cursor}), max(${cursor}) from ${relationOf({ table })}`).sql
    const [row] = await this.#ask(query, [], signal)
    const [min, max] = row ?? []
    return typeof min === 'bigint' && typeof max === 'bigint' ? { min: String(min), max: String(max) } : undefined
  }

  async keyBounds(
    table: FoundTable,
    column: string,
    asked: Asked & { readonly perRange: number },
  ): Promise<readonly bigint[]> {
    const range = await this.range(table, column, 'integer', asked)
    if (range === undefined) return []
    const ask: AskKeys = async ({ sql: query, parameters }) =>
      (await this.#ask(query, parameters as readonly bigint[], asked.signal))[0]!
    const estimate = (from: bigint, to: bigint) => estimateKeys(table, column, { from, to, ask })
    return await keyBoundsBetween(range, { perRange: asked.perRange, estimate })
  }

  async count(counted: Counted, { signal }: Asked): Promise<number | undefined> {
    const { sql: statement, parameters } = countQuery(counted, dialect)
    const [row] = await this.#ask(statement, parameters as readonly (string | bigint)[], signal)
    return Number(row![0])
  }

  async findKeys(sought: KeysSought, { signal }: Asked): Promise<readonly Row[] | undefined> {
    const query = findKeysQuery(sought, dialect)
    if (query === undefined) return undefined
    const rows = await this.#ask(query.sql, query.parameters as readonly (string | bigint)[], signal)
    return rows.map((row) => namedRow(sought.key, row))
  }

  before(table: FoundTable, name: string, { signal }: Asked): Promise<{ raw: unknown } | undefined> {
    return this.#lend(signal, async (db) => valueOfOldRows(db, table, name))
  }

  async *read(reads: Reads, asked: Asked): AsyncGenerator<readonly Row[]> {
    let db: DatabaseSync | undefined
    let done = false
    try {
      db = await this.#files.acquire(asked.signal)
      // In WAL mode a reader is in nobody's way, and sees one state of the file. Otherwise its lock would stop a commit.
      const { journal_mode: mode } = db.prepare('PRAGMA journal_mode').get() as { journal_mode: string }
      if (mode === 'wal') db.exec('BEGIN')
      yield* readPages(db, reads, asked)
      if (mode === 'wal') db.exec('COMMIT')
      done = true
    } catch (error) {
      throw sqlFailure(error, this.#blame)
    } finally {
      if (db !== undefined) {
        if (done) this.#files.release(db)
        else this.#files.destroy(db)
      }
    }
  }

  indexStatement(table: FoundTable, column: string): string {
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    return `CREATE INDEX ${quoted(`${table.relation}_${column}`)} ON ${quoted(table.relation)} (${quoted(column)})`
  }

  close(): Promise<void> {
    return this.#files.close()
  }

  async #countsUp(signal: AbortSignal): Promise<boolean> {
    const rows = await this.#ask(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`, [], signal)
    return rows.length > 0
  }

  #ask(
    query: string,
    values: readonly (string | bigint)[] = [],
    signal?: AbortSignal,
  ): Promise<readonly (readonly unknown[])[]> {
    return this.#lend(signal, async (db) => {
      const statement = db.prepare(query)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      return statement.all(...values) as unknown as (readonly unknown[])[]
    })
  }

  async #lend<T>(signal: AbortSignal | undefined, work: (db: DatabaseSync) => Promise<T>): Promise<T> {
    try {
      return await this.#files.use(signal, work)
    } catch (error) {
      throw sqlFailure(error, this.#blame)
    }
  }
}
