import type { CursorType } from '@tidemark/core/values'
import { abortable, formatInstant } from '@tidemark/core/values'
import { countQuery } from '../count.ts'
import type { Asked, Clock, Counted, Database, KeysSought, Reads, Row, Rows } from '../database.ts'
import { blameIn, sqlFailure, unlessUnfit } from '../failure.ts'
import { findKeysQuery, namedRow } from '../find-keys.ts'
import type { FoundTable } from '../found-table.ts'
import type { Place, ServerTarget } from '../target.ts'
import { unlessSlow } from '../unless-slow.ts'
import { BEFORE } from './before.ts'
import { conflictOnStandby } from './failure.ts'
import { findTables } from './find.ts'
import { integerEnd } from './integer-end.ts'
import { boundsIn, STATISTICS, statisticsOf } from './key-bounds.ts'
import { duplicateQuery, rangeQuery } from './range.ts'
import { dialect, readPages } from './read.ts'
import { IDENTITY } from './relations.ts'
import { resumed } from './resumed.ts'
import { RewrittenError, TRIES } from './rewritten.ts'
import { APPLICATION, ask, beginning, causeOf } from './session.ts'
import { type DatabaseOptions, type Session, Sessions } from './sessions.ts'
import { CLOCK } from './transactions.ts'

/** How long to look whether partitions hold the same key. */
const UNIQUE_MS = 30_000
/** A transaction that is open for longer holds tables back noticeably. */
const LONG_MICROS = 600_000_000n

export class Postgres implements Database {
  readonly label: string
  readonly holdsAnything = false
  /** Its connections. */
  readonly sessions: Sessions
  readonly #place: Place
  readonly #options: DatabaseOptions
  readonly #stubborn = new Set<string>()
  readonly #warned = new Set<string>()
  #isStandby = false

  constructor(target: ServerTarget, options: DatabaseOptions) {
    this.label = target.label
    this.sessions = new Sessions(target, options)
    this.#place = target.places[0]!
    this.#options = options
  }

  /** On a standby a read may be stopped at any time, so each covers what it has read. */
  get order(): 'always' | 'large' {
    return this.#isStandby ? 'always' : 'large'
  }

  async identity(): Promise<string> {
    const [row] = await this.sessions.ask(IDENTITY)
    const [system, database] = row!
    const { host, port } = this.#place
    return `postgres:${system ?? `${host ?? 'localhost'}:${port ?? 5432}`}/${database}`
  }

  tables({ signal }: Asked): Promise<readonly FoundTable[]> {
    return this.sessions.inTransaction(signal, async (client) => {
      const [row] = await ask(client, 'SELECT pg_catalog.pg_is_in_recovery()')
      this.#isStandby = row![0] === 't'
      return await findTables(client, this.#options.schemas)
    })
  }

  async clock({ signal, log }: Asked): Promise<Clock> {
    const [row] = await this.sessions.ask(CLOCK, [APPLICATION], signal)
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
      ask: (sql, values, signal) => this.sessions.ask(sql, values, signal),
    })
  }

  async range(
    table: FoundTable,
    column: string,
    type: CursorType,
    { signal, withinMs }: Asked & { readonly withinMs?: number },
  ): Promise<{ min: string; max: string } | undefined> {
    const [row] = await this.sessions.ask(rangeQuery(table, column, type), [], signal, limitsOf(withinMs))
    const [min, max] = row!
    return min == null || max == null ? undefined : { min, max }
  }

  async keyBounds(
    table: FoundTable,
    column: string,
    { signal, perRange }: Asked & { readonly perRange: number },
  ): Promise<readonly bigint[]> {
    if (table.rows === undefined) return []
    return boundsIn(await this.sessions.ask(STATISTICS, statisticsOf(table, column), signal), table.rows / perRange)
  }

  async count(counted: Counted, { signal, withinMs }: Asked & { withinMs?: number }): Promise<number | undefined> {
    const { sql, parameters } = countQuery(counted, dialect)
    return await unlessSlow(withinMs, signal, async () => {
      const [row] = await this.sessions.ask(sql, parameters, signal, limitsOf(withinMs))
      return Number(row![0])
    })
  }

  async findKeys(sought: KeysSought, { signal }: Asked): Promise<readonly Row[] | undefined> {
    const query = findKeysQuery(sought, dialect)
    if (query === undefined) return undefined
    return await unlessUnfit(async () =>
      (await this.sessions.ask(query.sql, query.parameters, signal)).map((row) => namedRow(sought.key, row)),
    )
  }

  async before(table: FoundTable, name: string, { signal }: Asked): Promise<{ raw: unknown } | undefined> {
    const column = table.columns.find((one) => one.name === name)
    // Asked for in another form than it is kept in.
    if (column === undefined || column.select !== undefined) return undefined
    const rows = await this.sessions.ask(BEFORE, [table.details['oid'], name], signal)
    return rows.length === 1 ? { raw: rows[0]![0] } : undefined
  }

  async isUnique(table: FoundTable, columns: readonly string[], { signal }: Asked): Promise<boolean | undefined> {
    return await unlessSlow(UNIQUE_MS, signal, async () => {
      const limits = { statement_timeout: UNIQUE_MS }
      const [row] = await this.sessions.ask(duplicateQuery(table, columns), [], signal, limits)
      return row![0] !== 't'
    })
  }

  read(reads: Reads, asked: Asked): AsyncGenerator<Rows> {
    return resumed(reads, (rest) => this.#readOnce(rest, asked), asked)
  }

  async *#readOnce(reads: Reads, asked: Asked): AsyncGenerator<Rows> {
    const timeoutMs = this.#options.statementTimeoutMs
    let session: Session | undefined
    let done = false
    try {
      session = await this.sessions.readers.acquire(asked.signal)
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
      throw sqlFailure(told, blameIn(this.sessions.blame, reads.table))
    } finally {
      if (session !== undefined) this.sessions.letGo(session, done)
    }
  }

  indexStatement(table: FoundTable, column: string): string {
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    return `CREATE INDEX CONCURRENTLY ON ${quoted(table.schema!)}.${quoted(table.relation)} (${quoted(column)})`
  }

  async close(): Promise<void> {
    await this.sessions.close()
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
