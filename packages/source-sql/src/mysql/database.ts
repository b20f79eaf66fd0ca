import type { CursorType } from '@tidemark/core/values'
import { abortable, formatInstant } from '@tidemark/core/values'
import { sql } from 'kysely'
import { ConnectionPool } from '../connection-pool.ts'
import { countQuery } from '../count.ts'
import type { Asked, Clock, Counted, Database, KeysSought, Reads, Row } from '../database.ts'
import { blameIn, type ErrorTranslator, sqlFailure } from '../failure.ts'
import { findKeysQuery, namedRow } from '../find-keys.ts'
import type { FoundTable } from '../found-table.ts'
import { keyBoundsBetween } from '../key-bounds.ts'
import { relationOf } from '../select.ts'
import { maskOf, type ServerTarget } from '../target.ts'
import { unlessSlow } from '../unless-slow.ts'
import { valueOfOldRows } from './before.ts'
import { tellMySql } from './failure.ts'
import { findTables } from './find.ts'
import { integerEnd } from './integer-end.ts'
import { estimateQuery, rowsIn } from './key-bounds.ts'
import { dialect, readPages } from './read.ts'
import { hiddenAmong, type RightsQuestion, whyHidden } from './rights.ts'
import { ask, connectMySql, type RawRow, type Session, text } from './session.ts'
import { OPEN, TransactionList } from './transactions.ts'

export interface DatabaseOptions {
  readonly schemas: readonly string[] | undefined
  readonly statementTimeoutMs: number
  readonly connections: number
  readonly zeroDates: 'reject' | 'null'
}

const QUESTIONS = 2
const LONG_SECONDS = 600

/** How long it may take to see what old rows hold in a new column. */
const BEFORE_MS = 5000

export class MySql implements Database {
  readonly label: string
  readonly order = 'always'
  readonly holdsAnything = false
  readonly #target: ServerTarget
  readonly #options: DatabaseOptions
  readonly #questions: ConnectionPool<Session>
  readonly #readers: ConnectionPool<Session>
  readonly #open: TransactionList
  readonly #stubborn = new Set<string>()
  readonly #warned = new Set<string>()
  readonly #blame: ErrorTranslator
  #cluster: Promise<readonly RawRow[]> | undefined

  constructor(target: ServerTarget, options: DatabaseOptions) {
    this.label = target.label
    this.#target = target
    this.#options = options
    this.#blame = { label: target.label, mask: maskOf(target), tell: tellMySql }
    const poolOf = (limit: number): ConnectionPool<Session> => {
      const lent: ConnectionPool<Session> = new ConnectionPool(
        limit,
        (signal) => connectMySql(target, options.statementTimeoutMs, (broken) => lent.forget(broken), signal),
        end,
      )
      return lent
    }
    this.#questions = poolOf(QUESTIONS)
    this.#readers = poolOf(options.connections)
    // Not with the signal of the table that asks first: others wait for the same answer.
    this.#open = new TransactionList(() => this.#inSystemZone(OPEN))
  }

  /** The server's own number would change with every failover, and with every node of a cluster. */
  async identity(): Promise<string> {
    await this.#ask('SELECT 1')
    const { places, database } = this.#target
    const { host, port } = places[0]!
    return `mysql:${host ?? 'localhost'}:${port ?? 3306}/${database ?? ''}`
  }

  async tables({ signal }: Asked): Promise<readonly FoundTable[]> {
    const { schemas, zeroDates } = this.#options
    const found = await this.#lend(signal, (session) =>
      findTables(session, { main: this.#target.database, schemas, zeroDates }),
    )
    return found
  }

  async clock({ signal, log }: Asked): Promise<Clock> {
    const [row] = await this.#ask('SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)', [], signal)
    const now = BigInt(text(row![0])!)
    const [zone] = await this.#inSystemZone(
      `SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), IF(@@global.time_zone = 'SYSTEM', NOW(),
        COALESCE(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone), NOW())))`,
    )
    const open = await this.#transactions(log)
    const oldest = open.reduce((age, one) => Math.max(age, one.ageSeconds), -1)
    // The list says whole seconds, rounded down at both ends.
    const settledAt = oldest < 0 ? now : now - BigInt(oldest + 1) * 1_000_000n
    if (oldest > LONG_SECONDS)
      this.#warn(
        log,
        `a transaction has been open since ${formatInstant(settledAt, 'Z', 6)}; Tidemark reads later rows once it has ended`,
      )
    return { settledAt, zone: Number(text(zone![0])) }
  }

  integerEnd(table: FoundTable, column: string, asked: Asked): Promise<bigint | undefined> {
    return integerEnd(table, column, {
      ...asked,
      stubborn: this.#stubborn,
      ask: (query, values) => this.#ask(query, values, asked.signal),
      writers: async () => (await this.#transactions(asked.log)).filter((one) => one.writes).map((one) => one.id),
    })
  }

  async range(
    table: FoundTable,
    column: string,
    type: CursorType,
    { signal, withinMs }: Asked & { readonly withinMs?: number },
  ): Promise<{ min: string; max: string } | undefined> {
    const cursor = sql.id(column)
    const where = type === 'integer' ? sql`` : sql` where ${cursor} >= '0001-01-01'`
    const query = dialect.compile(sql`select min(${cursor}), max(${cursor}) from ${relationOf({ table })}${where}`).sql
    const [row] = await this.#askWithin(withinMs, query, [], signal)
    const [min, max] = row!.map(text)
    const shown = (value: string): string => value.replace(' ', 'T') + (type === 'timestamp' ? 'Z' : '')
    return min === undefined || max === undefined ? undefined : { min: shown(min), max: shown(max) }
  }

  async keyBounds(
    table: FoundTable,
    column: string,
    asked: Asked & { readonly perRange: number },
  ): Promise<readonly bigint[]> {
    const range = await this.range(table, column, 'integer', asked)
    if (range === undefined) return []
    const estimate = async (from: bigint, to: bigint): Promise<number> => {
      const [row] = await this.#ask(estimateQuery(table, column, from, to), [], asked.signal)
      return rowsIn(text(row![0]) ?? '')
    }
    return await keyBoundsBetween(range, { perRange: asked.perRange, estimate })
  }

  async count(counted: Counted, { signal, withinMs }: Asked & { withinMs?: number }): Promise<number | undefined> {
    const { sql: statement, parameters } = countQuery(counted, dialect)
    return await unlessSlow(withinMs, signal, async () => {
      const [row] = await this.#askWithin(withinMs, statement, parameters, signal)
      return Number(text(row![0]))
    })
  }

  async findKeys(sought: KeysSought, { signal }: Asked): Promise<readonly Row[] | undefined> {
    const query = findKeysQuery(sought, dialect)
    if (query === undefined) return undefined
    return (await this.#ask(query.sql, query.parameters, signal)).map((row) => namedRow(sought.key, row))
  }

  before(table: FoundTable, name: string, { signal }: Asked): Promise<{ raw: unknown } | undefined> {
    return valueOfOldRows(table, name, (query) =>
      unlessSlow(BEFORE_MS, signal, () => this.#askWithin(BEFORE_MS, query, [], signal)),
    )
  }

  whyHidden(name: string, { signal }: Asked): Promise<string | undefined> {
    return whyHidden(name, this.#target.database, this.#rights(signal))
  }

  hiddenAmong(table: FoundTable, columns: readonly string[], { signal }: Asked): Promise<readonly string[]> {
    return hiddenAmong(table, columns, this.#rights(signal))
  }

  #rights(signal: AbortSignal): RightsQuestion {
    return {
      signal,
      blame: this.#blame,
      ask: (query) => this.#questions.use(signal, ({ connection }) => ask(connection, query)),
    }
  }

  async *read(reads: Reads, asked: Asked): AsyncGenerator<readonly Row[]> {
    let session: Session | undefined
    let done = false
    try {
      session = await this.#readers.acquire(asked.signal)
      const { connection } = session
      await ask(connection, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      await ask(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
      yield* readPages(session, reads, { ...asked, timeoutMs: this.#options.statementTimeoutMs })
      await abortable(ask(connection, 'COMMIT'), asked.signal)
      done = true
    } catch (error) {
      throw sqlFailure(error, blameIn(this.#blame, reads.table))
    } finally {
      if (session !== undefined) this.#letGo(session, done)
    }
  }

  indexStatement(table: FoundTable, column: string): string {
    const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``
    return `CREATE INDEX ${quoted(`${table.relation}_${column}`.slice(0, 64))} ON ${quoted(table.schema!)}.${quoted(table.relation)} (${quoted(column)})`
  }

  async close(): Promise<void> {
    await Promise.all([this.#questions.close(), this.#readers.close()])
  }

  /** Given up in the middle, it tells the server, which would go on sorting for nobody. */
  #letGo(session: Session, done: boolean): void {
    if (done) {
      this.#readers.release(session)
      return
    }
    const { threadId } = session.connection
    this.#readers.destroy(session)
    if (typeof threadId === 'number') this.#ask(`KILL ${threadId}`).catch(() => {})
  }

  /** Each node of a cluster knows only its own transactions. */
  async #sayCluster(log: Asked['log']): Promise<void> {
    this.#cluster ??= this.#ask(`SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'`).catch((error: unknown) => {
      this.#cluster = undefined
      throw error
    })
    const [row] = await this.#cluster
    if (Number(text(row?.[1]) ?? 0) > 1)
      this.#warn(
        log,
        'this is one node of a cluster: Tidemark cannot see transactions of the other nodes, so only the lookback covers them',
      )
  }

  /** Open transactions of others; none where the user may not see them, of which it warns once. */
  async #transactions(log: Asked['log']): Promise<Awaited<ReturnType<TransactionList['now']>>> {
    await this.#sayCluster(log)
    try {
      return await this.#open.now()
    } catch (error) {
      if (!/PROCESS privilege/i.test(String((error as Error).message))) throw error
      this.#warn(
        log,
        'this user cannot see transactions of other users, so Tidemark may miss rows of transactions that take longer than minAge and lookback; let this user see them: GRANT PROCESS ON *.* TO …',
      )
      return []
    }
  }

  #inSystemZone(query: string): Promise<RawRow[]> {
    return this.#lend(undefined, async ({ connection }) => {
      await ask(connection, `SET time_zone = 'SYSTEM'`)
      const rows = await ask(connection, query)
      await ask(connection, `SET time_zone = '+00:00'`)
      return rows
    })
  }

  #ask(query: string, values: readonly unknown[] = [], signal?: AbortSignal): Promise<RawRow[]> {
    return this.#lend(signal, ({ connection }) => ask(connection, query, values))
  }

  #askWithin(
    ms: number | undefined,
    query: string,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<RawRow[]> {
    return this.#lend(signal, ({ connection, isMariaDb }) =>
      ask(connection, ms === undefined ? query : limited(query, ms, isMariaDb), values),
    )
  }

  async #lend<T>(signal: AbortSignal | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#questions.use(signal, (session) =>
        signal === undefined ? work(session) : abortable(work(session), signal),
      )
    } catch (error) {
      throw sqlFailure(error, this.#blame)
    }
  }

  #warn(log: Asked['log'], message: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    log.warn(`${this.label}: ${message}`)
  }
}

/** A statement that the server gives up after a time. */
function limited(statement: string, ms: number, isMariaDb: boolean): string {
  return isMariaDb
    ? `SET STATEMENT max_statement_time=${ms / 1000}, lock_wait_timeout=${Math.ceil(ms / 1000)} FOR ${statement}`
    : statement.replace(/^select/, `select /*+ MAX_EXECUTION_TIME(${ms}) */`)
}

function end({ connection }: Session): void {
  // An answer may still be on its way: there is nothing to say goodbye to.
  connection.destroy()
}
