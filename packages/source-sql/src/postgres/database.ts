import type { CursorType } from '@tidemark/core/values'
import { abortable, formatInstant } from '@tidemark/core/values'
import type pg from 'pg'
import { ConnectionPool } from '../connection-pool.ts'
import { countQuery } from '../count.ts'
import type { Asked, Clock, Counted, Database, KeysSought, Reads, Row } from '../database.ts'
import { blameIn, type ErrorTranslator, sqlFailure, unlessUnfit } from '../failure.ts'
import { findKeysQuery, namedRow } from '../find-keys.ts'
import type { FoundTable } from '../found-table.ts'
import { maskOf, type ServerTarget } from '../target.ts'
import { unlessSlow } from '../unless-slow.ts'
import { BEFORE } from './before.ts'
import { cancel } from './cancel.ts'
import { DataRowParser } from './data-row-parser.ts'
import { conflictOnStandby, tellPostgres } from './failure.ts'
import { findTables } from './find.ts'
import { integerEnd } from './integer-end.ts'
import { boundsIn, STATISTICS, statisticsOf } from './key-bounds.ts'
import { duplicateQuery, rangeQuery } from './range.ts'
import { dialect, readPages } from './read.ts'
import { IDENTITY } from './relations.ts'
import { resumed } from './resumed.ts'
import { isRewritten, RewrittenError, TRIES } from './rewritten.ts'
import {
  APPLICATION,
  ask,
  beginning,
  causeOf,
  connectPostgres,
  endPostgres,
  type SessionOptions,
  type TextRow,
} from './session.ts'
import { CLOCK } from './transactions.ts'

export interface DatabaseOptions extends SessionOptions {
  readonly schemas: readonly string[] | undefined
  readonly connections: number
}

interface Session {
  readonly client: pg.Client
  readonly tap: DataRowParser
}

const QUESTIONS = 2
/** How long to look whether partitions hold the same key. */
const UNIQUE_MS = 30_000
/** A transaction that is open for longer holds tables back noticeably. */
const LONG_MICROS = 600_000_000n

export class Postgres implements Database {
  readonly label: string
  readonly holdsAnything = false
  readonly #target: ServerTarget
  readonly #options: DatabaseOptions
  readonly #questions: ConnectionPool<Session>
  readonly #readers: ConnectionPool<Session>
  readonly #stubborn = new Set<string>()
  readonly #warned = new Set<string>()
  readonly #blame: ErrorTranslator
  #isStandby = false

  constructor(target: ServerTarget, options: DatabaseOptions) {
    this.label = target.label
    this.#target = target
    this.#options = options
    this.#blame = { label: target.label, mask: maskOf(target), tell: tellPostgres }
    const poolOf = (limit: number): ConnectionPool<Session> => {
      const opened = new Map<pg.Client, Session>()
      const lent: ConnectionPool<Session> = new ConnectionPool(
        limit,
        async (signal) => {
          const forget = (broken: pg.Client): void => {
            const session = opened.get(broken)
            if (session !== undefined) lent.forget(session)
          }
          const client = await connectPostgres(target, forget, signal)
          const session = { client, tap: new DataRowParser(client) }
          opened.set(client, session)
          return session
        },
        ({ client }) => {
          opened.delete(client)
          return endPostgres(client)
        },
      )
      return lent
    }
    this.#questions = poolOf(QUESTIONS)
    this.#readers = poolOf(options.connections)
  }

  /** On a standby a read may be stopped at any time, so each covers what it has read. */
  get order(): 'always' | 'large' {
    return this.#isStandby ? 'always' : 'large'
  }

  async identity(): Promise<string> {
    const [row] = await this.#ask(IDENTITY)
    const [system, database] = row!
    const { host, port } = this.#target.places[0]!
    return `postgres:${system ?? `${host ?? 'localhost'}:${port ?? 5432}`}/${database}`
  }

  tables({ signal }: Asked): Promise<readonly FoundTable[]> {
    return this.#inTransaction(signal, async (client) => {
      const [row] = await ask(client, 'SELECT pg_catalog.pg_is_in_recovery()')
      this.#isStandby = row![0] === 't'
      return await findTables(client, this.#options.schemas)
    })
  }

  async clock({ signal, log }: Asked): Promise<Clock> {
    const [row] = await this.#ask(CLOCK, [APPLICATION], signal)
    const [now, oldest, hidden, standby, replayed, zone, user, untold] = row!
    let settledAt = BigInt(now!)
    if (oldest !== null && BigInt(oldest!) < settledAt) {
      settledAt = BigInt(oldest!)
      if (BigInt(now!) - settledAt > LONG_MICROS)
        this.#warn(
          log,
          `a transaction has been open since ${formatInstant(settledAt, 'Z', 6)}; Tidemark reads later rows once it has ended`,
        )
    }
    if (hidden !== '0')
      this.#warn(
        log,
        `this user cannot see transactions of other users, so Tidemark may miss rows of transactions that take longer than minAge and lookback; let this user see them: GRANT pg_read_all_stats TO ${user}`,
      )
    if (untold !== '0')
      this.#warn(
        log,
        'sessions with track_activities = off do not show how long their transactions have been open, so Tidemark may miss rows of transactions that take longer than minAge and lookback; turn it on for their roles: ALTER ROLE … SET track_activities = on',
      )
    if (standby === 't') {
      if (replayed !== null && BigInt(replayed!) < settledAt) settledAt = BigInt(replayed!)
      this.#warn(
        log,
        'this is a standby: Tidemark cannot see transactions of its primary, so only the lookback covers them',
      )
    }
    return { settledAt, zone: zone ?? 'UTC' }
  }

  integerEnd(table: FoundTable, column: string, asked: Asked): Promise<bigint | undefined> {
    return integerEnd(table, column, {
      ...asked,
      stubborn: this.#stubborn,
      ask: (sql, values, signal) => this.#ask(sql, values, signal),
    })
  }

  async range(
    table: FoundTable,
    column: string,
    type: CursorType,
    { signal, withinMs }: Asked & { readonly withinMs?: number },
  ): Promise<{ min: string; max: string } | undefined> {
    const [row] = await this.#ask(rangeQuery(table, column, type), [], signal, limitsOf(withinMs))
    const [min, max] = row!
    return min == null || max == null ? undefined : { min, max }
  }

  async keyBounds(
    table: FoundTable,
    column: string,
    { signal, perRange }: Asked & { readonly perRange: number },
  ): Promise<readonly bigint[]> {
    if (table.rows === undefined) return []
    return boundsIn(await this.#ask(STATISTICS, statisticsOf(table, column), signal), table.rows / perRange)
  }

  async count(counted: Counted, { signal, withinMs }: Asked & { withinMs?: number }): Promise<number | undefined> {
    const { sql, parameters } = countQuery(counted, dialect)
    return await unlessSlow(withinMs, signal, async () => {
      const [row] = await this.#ask(sql, parameters, signal, limitsOf(withinMs))
      return Number(row![0])
    })
  }

  async findKeys(sought: KeysSought, { signal }: Asked): Promise<readonly Row[] | undefined> {
    const query = findKeysQuery(sought, dialect)
    if (query === undefined) return undefined
    return await unlessUnfit(async () =>
      (await this.#ask(query.sql, query.parameters, signal)).map((row) => namedRow(sought.key, row)),
    )
  }

  async before(table: FoundTable, name: string, { signal }: Asked): Promise<{ raw: unknown } | undefined> {
    const column = table.columns.find((one) => one.name === name)
    // Asked for in another form than it is kept in.
    if (column === undefined || column.select !== undefined) return undefined
    const rows = await this.#ask(BEFORE, [table.details['oid'], name], signal)
    return rows.length === 1 ? { raw: rows[0]![0] } : undefined
  }

  async isUnique(table: FoundTable, columns: readonly string[], { signal }: Asked): Promise<boolean | undefined> {
    return await unlessSlow(UNIQUE_MS, signal, async () => {
      const limits = { statement_timeout: UNIQUE_MS }
      const [row] = await this.#ask(duplicateQuery(table, columns), [], signal, limits)
      return row![0] !== 't'
    })
  }

  read(reads: Reads, asked: Asked): AsyncGenerator<readonly Row[]> {
    return resumed(reads, (rest) => this.#readOnce(rest, asked), asked)
  }

  async *#readOnce(reads: Reads, asked: Asked): AsyncGenerator<readonly Row[]> {
    const timeoutMs = this.#options.statementTimeoutMs
    let session: Session | undefined
    let done = false
    try {
      session = await this.#readers.acquire(asked.signal)
      for (let tries = 1; ; tries++) {
        await abortable(session.client.query(beginning(this.#options)), asked.signal)
        if ((yield* readPages(session, reads, { ...asked, timeoutMs })) === 'done') break
        if (tries === TRIES) throw new RewrittenError(this.label)
        await abortable(session.client.query('ROLLBACK'), asked.signal)
      }
      await abortable(session.client.query('COMMIT'), asked.signal)
      done = true
    } catch (error) {
      const cause = causeOf(session?.client, error)
      const told = this.#isStandby ? conflictOnStandby(cause) : cause
      throw sqlFailure(told, blameIn(this.#blame, reads.table))
    } finally {
      if (session !== undefined) this.#letGo(session, done)
    }
  }

  indexStatement(table: FoundTable, column: string): string {
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    return `CREATE INDEX CONCURRENTLY ON ${quoted(table.schema!)}.${quoted(table.relation)} (${quoted(column)})`
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
    cancel(session.client)
    this.#readers.destroy(session)
  }

  async #ask(
    sql: string,
    values: readonly unknown[] = [],
    signal?: AbortSignal,
    limits: Readonly<Record<string, number>> = {},
  ): Promise<TextRow[]> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const rows = await this.#inTransaction(signal, async (client) => {
        for (const [name, ms] of Object.entries(limits)) await client.query(`SET LOCAL ${name} = '${ms}ms'`)
        const found = await ask(client, sql, values)
        return (await isRewritten(client)) ? undefined : found
      })
      if (rows !== undefined) return rows
    }
    throw new RewrittenError(this.label)
  }

  async #inTransaction<T>(signal: AbortSignal | undefined, work: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      return await this.#questions.use(signal, async ({ client }) => {
        const all = async (): Promise<T> => {
          await client.query(beginning(this.#options))
          const result = await work(client)
          await client.query('COMMIT')
          return result
        }
        return signal === undefined ? all() : abortable(all(), signal)
      })
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

function limitsOf(ms: number | undefined): Readonly<Record<string, number>> {
  return ms === undefined ? {} : { statement_timeout: ms, lock_timeout: ms }
}
