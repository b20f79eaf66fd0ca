import { setTimeout as sleep } from 'node:timers/promises'
import { failpoint } from '@tidemark/core/engine'
import { Kysely, PostgresDialect, type RawBuilder } from 'kysely'
import pg from 'pg'
import type { StateDatabase } from '../../state/state-types.ts'
import { type Repertoire, UNICODE } from '../../values/repertoire.ts'
import { OWN_SCHEMA, type PostgresAddress } from './address.ts'
import { driverOptions } from './driver-options.ts'
import { EarlyInsertLost } from './early-insert-lost.ts'
import { explain, isLost, mayPass } from './errors.ts'
import { opening, type SessionMode, writes } from './opening.ts'
import { parserOf } from './state-values.ts'
import { type Backend, cutAfter, Watch } from './watch.ts'

/** How many connections a destination has at most. */
export const CONNECTIONS = 16

export interface SessionOptions {
  readonly address: PostgresAddress
  /** What `pg_stat_activity` shows, by which a runner's sessions are known. */
  readonly applicationName: string
  /** How long a lock is waited for. */
  readonly lockMs: number
  /** How long a stopped process may keep a transaction open. */
  readonly idleMs: number
  /** How long a server that went away is waited for. */
  readonly patienceMs: number
  /** How often is looked whether the other end of a connection is still there. */
  readonly watchMs: number
}

/** One connection inside one transaction: Kysely for the state, the driver's client for the bulk path. */
export interface Reserved {
  readonly client: pg.PoolClient
  readonly db: Kysely<StateDatabase>
}

export interface SessionTransaction {
  readonly mode: SessionMode
  /** Asked where the answer to COMMIT was lost: whether it was done. Absent: the work may be done twice. */
  readonly landed?: ((session: Reserved) => Promise<boolean>) | undefined
  /** What `begin` gave: the first try continues it. */
  readonly begun?: Reserved | undefined
}

/** Connections of one destination. No session keeps anything from one transaction to the next, so a pooler may be in between. */
export class Sessions {
  #pool: pg.Pool
  #watch: Watch
  readonly #options: SessionOptions
  /** Kysely over a client that is reserved already: its own pool of one. */
  readonly #faces = new WeakMap<pg.PoolClient, Kysely<StateDatabase>>()
  readonly #clients = new Set<pg.PoolClient>()
  #wasUp = false
  /** The server's version, where it is known by now: some settings came late. */
  major = 0
  /** Which texts the database holds. */
  repertoire: Repertoire = UNICODE
  /** Where the tables are. The address may leave it open, and what there is says it. */
  schema: string

  constructor(options: SessionOptions) {
    this.#options = options
    this.schema = options.address.schema ?? OWN_SCHEMA
    const { pool, watch } = this.#begin(false)
    this.#pool = pool
    this.#watch = watch
  }

  /** `isPlain`: without TLS, which the url prefers and the server does not have. */
  #begin(isPlain: boolean): { readonly pool: pg.Pool; readonly watch: Watch } {
    const { address, applicationName, watchMs } = this.#options
    const driver = { ...driverOptions(address, isPlain), application_name: applicationName }
    const pool = new pg.Pool({
      ...driver,
      max: CONNECTIONS,
      keepAlive: true,
      // A server that disappears silently is noticed in minutes, not in hours.
      keepAliveInitialDelayMillis: 10_000,
      types: { getTypeParser: parserOf },
    })
    // A backend that dies while nobody waits for it, in the pool or in somebody's hands, must not end the process.
    pool.on('error', () => {})
    pool.on('connect', (client) => {
      client.on('error', () => {})
      this.#clients.add(client)
    })
    pool.on('remove', (client) => this.#clients.delete(client))
    return { pool, watch: new Watch({ driver, everyMs: watchMs }) }
  }

  get address(): PostgresAddress {
    return this.#options.address
  }

  get place(): string {
    return this.#options.address.shown
  }

  /** Does work in one transaction; what may pass at another try is tried again, with all that it did undone. */
  async transaction<T>(options: SessionTransaction, work: (session: Reserved) => Promise<T>): Promise<T> {
    // Counted from the first failure: the work itself may take longer.
    let deadline: number | undefined
    for (let attempt = 1; ; attempt++) {
      const begun = attempt === 1 ? options.begun : undefined
      const session = begun ?? (await this.#connect(deadline))
      let done: { readonly result: T } | undefined
      try {
        if (begun === undefined) await this.#open(session, options.mode)
        done = { result: await work(session) }
        if (options.mode === 'query') {
          await this.#end(session, options.mode, false)
          return done.result
        }
        if (writes(options.mode)) failpoint('before-commit')
        const { command } = await session.client.query('commit')
        // What was in the middle of an error is rolled back by COMMIT, without another word.
        if (command !== 'COMMIT') throw new Error('the transaction had failed before its end, and was rolled back')
        if (writes(options.mode)) failpoint('after-commit')
        this.#release(session)
        return done.result
      } catch (error) {
        const lost = isLost(error)
        await this.#end(session, options.mode, lost)
        if (error instanceof EarlyInsertLost) continue
        // Only if the answer to COMMIT was lost is the outcome unknown.
        if (
          done !== undefined &&
          lost &&
          options.landed !== undefined &&
          (await this.transaction({ mode: 'write' }, options.landed))
        )
          return done.result
        deadline ??= performance.now() + this.#options.patienceMs
        if (!mayPass(error) || performance.now() > deadline) throw explain(error, this.place)
        await sleep(delayOf(attempt))
      }
    }
  }

  /** Begins a transaction that `transaction` continues, or `rollback` ends. */
  async begin(mode: SessionMode): Promise<Reserved> {
    const session = await this.#connect(performance.now())
    try {
      await this.#open(session, mode)
      return session
    } catch (error) {
      await this.#end(session, mode, true)
      throw error
    }
  }

  async rollback(session: Reserved): Promise<void> {
    await this.#end(session, 'write', false)
  }

  /** Runs one statement that needs nothing of what a transaction begins with. */
  async ask<T>(statement: RawBuilder<T>): Promise<readonly T[]> {
    const deadline = performance.now() + this.#options.patienceMs
    for (let attempt = 1; ; attempt++) {
      const session = await this.#connect(deadline)
      try {
        const { rows } = await statement.execute(session.db)
        this.#release(session)
        return rows
      } catch (error) {
        this.#release(session, true)
        if (!mayPass(error) || performance.now() > deadline) throw explain(error, this.place)
        await sleep(delayOf(attempt))
      }
    }
  }

  /** Reads that see one moment, for as long as somebody takes what they give. */
  async *reading<T>(work: (session: Reserved) => AsyncIterable<T>): AsyncGenerator<T> {
    const session = await this.#connect()
    let lost = false
    try {
      await this.#open(session, 'read')
      yield* work(session)
    } catch (error) {
      lost = isLost(error)
      throw explain(error, this.place)
    } finally {
      await this.#end(session, 'read', lost)
    }
  }

  async close(): Promise<void> {
    const clients = [...this.#clients]
    await this.#pool.end()
    for (const client of clients) cutAfter(client, this.#options.watchMs)
  }

  async #open({ client }: Reserved, mode: SessionMode): Promise<void> {
    const { applicationName, lockMs, idleMs } = this.#options
    const around = { applicationName, lockMs, idleMs, schema: this.schema, major: this.major }
    const results = (await client.query(opening(mode, around))) as unknown as readonly pg.QueryResult<Backend>[]
    this.#watch.knows(client, results.at(-1)!.rows[0]!)
  }

  #release({ client }: Reserved, destroy = false): void {
    this.#watch.end(client)
    client.release(destroy)
  }

  /** Rolls back, and releases the connection unless it is lost. */
  async #end(session: Reserved, mode: SessionMode, lost: boolean): Promise<void> {
    try {
      if (!lost) await session.client.query('rollback')
      // A lock that a statement takes for its session outlives the transaction.
      if (!lost && mode === 'query') await session.client.query('discard all')
      this.#release(session, lost)
    } catch {
      this.#release(session, true)
    }
  }

  /** A connection; a server that was there before may come back. */
  async #connect(deadline = performance.now() + this.#options.patienceMs): Promise<Reserved> {
    for (let attempt = 1; ; attempt++) {
      const pool = this.#pool
      try {
        const client = await pool.connect()
        this.#wasUp = true
        this.#watch.begin(client)
        return { client, db: this.#faceOf(client) }
      } catch (error) {
        if (this.#isPlainNow(pool, error)) continue
        if (!this.#wasUp || !mayPass(error) || performance.now() > deadline) throw explain(error, this.place)
        await sleep(delayOf(attempt))
      }
    }
  }

  /** Whether the server has no TLS and it was only preferred, so that the connection continues without. */
  #isPlainNow(failed: pg.Pool, error: unknown): boolean {
    if (this.#options.address.tls.mode !== 'prefer' || !/does not support SSL/.test((error as Error).message))
      return false
    if (this.#pool === failed) {
      void failed.end()
      const { pool, watch } = this.#begin(true)
      this.#pool = pool
      this.#watch = watch
    }
    return true
  }

  /** Runs a statement of the state. What it says to people is written with what the database holds. */
  #query(client: pg.PoolClient, [statement, values, ...more]: unknown[]): unknown {
    const shown = (value: unknown) => (typeof value === 'string' ? this.repertoire.shown(value) : value)
    const held = (values as readonly unknown[] | undefined)?.map(shown)
    return (client.query as (...all: unknown[]) => unknown)(statement, held, ...more)
  }

  #faceOf(client: pg.PoolClient): Kysely<StateDatabase> {
    let face = this.#faces.get(client)
    if (face === undefined) {
      const reserved = { query: (...asked: unknown[]) => this.#query(client, asked), release: () => {} }
      const pool = { connect: async () => reserved, end: async () => {} }
      face = new Kysely<StateDatabase>({ dialect: new PostgresDialect({ pool: pool as never }) })
      this.#faces.set(client, face)
    }
    return face
  }
}

function delayOf(attempt: number): number {
  return Math.min(2000, 100 * 2 ** attempt)
}
