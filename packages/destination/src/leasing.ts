import { type FeedRef, feedKey, type Lease, type LeasedWindow, type Leases } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { Connections, Session } from './dialects/dialect.ts'
import type { EarlyInserts } from './early-inserts.ts'
import { Lots } from './lots.ts'
import type { Stagings } from './rows/stagings.ts'
import { feedLeaseName } from './state/feed-record.ts'
import type { LeaseOptions } from './state/lease-options.ts'
import { releaseLeases, takeLeases } from './state/leases.ts'
import { beat } from './state/runner-record.ts'
import type { StateDatabase } from './state/state-types.ts'
import { takeBeside, takeWindows } from './state/window-leases.ts'
import { tableName } from './table/names.ts'

/** What this runner takes and gives back, and its heartbeat. With a lease go the staging tables under it. */
export class Leasing {
  readonly #connections: Connections
  readonly #stagings: Stagings
  readonly #earlyInserts: EarlyInserts
  readonly #options: LeaseOptions
  readonly #released = new Lots<Lease>((take) => this.#release(take))
  #beatAt = Number.NEGATIVE_INFINITY

  /** @param staged what goes with a lease. */
  constructor(
    connections: Connections,
    staged: { readonly stagings: Stagings; readonly earlyInserts: EarlyInserts },
    options: LeaseOptions,
  ) {
    this.#connections = connections
    this.#stagings = staged.stagings
    this.#earlyInserts = staged.earlyInserts
    this.#options = options
  }

  async lease(tables: readonly string[]): Promise<Leases> {
    return await this.#taking(async (session) => {
      const taken = await takeLeases(session.db, tables.map(tableName), this.#options)
      await session.dropLeftovers?.(taken.leases)
      return taken
    })
  }

  async leaseWindows(windows: readonly LeasedWindow[]): Promise<Leases> {
    const wanted = windows.map((one) => ({ ...one, table: tableName(one.table) }))
    return await this.#taking(async (session) => {
      const { abandoned, ...taken } = await takeWindows(session.db, wanted, this.#options)
      if (abandoned.length > 0) await session.dropLeftovers?.(abandoned)
      return taken
    })
  }

  async leaseFeed(feed: FeedRef): Promise<Leases> {
    const table = feedKey(feed)
    const { leases, refused } = await this.#taking(({ db }) => takeLeases(db, [feedLeaseName(feed)], this.#options))
    return {
      leases: leases.map((lease) => ({ ...lease, table, feed: true })),
      refused: refused.map((refusal) => ({ ...refusal, table })),
    }
  }

  async leaseBeside(lease: Lease): Promise<Lease> {
    return await this.#write(({ db }) => takeBeside(db, lease, this.#options))
  }

  async renew(): Promise<void> {
    await this.#write(({ db }) => beat(db, this.#options))
    this.#beatAt = performance.now()
  }

  /** Tables of which nothing is left are released by the hundred: what is released while others are goes with the next. */
  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length > 0) await this.#released.add(leases)
  }

  async #release(take: () => readonly Lease[]): Promise<void> {
    const leases = await this.#write(async (session) => {
      const some = take()
      // They read the staging tables.
      await this.#earlyInserts.released(some)
      await releaseLeases(session.db, some, this.#options.runner)
      for (const lease of some)
        for (const [, { table }] of this.#stagings.under(lease)) await session.dropStaging(table)
      return some
    })
    for (const lease of leases)
      for (const [partition] of this.#stagings.under(lease)) this.#stagings.set(lease, partition, undefined)
  }

  /** A commit carries the heartbeat now and then: the row is one for all tables, and they would wait there for each other. */
  async beatNowAndThen(db: Kysely<StateDatabase>): Promise<void> {
    const now = performance.now()
    if (now - this.#beatAt < this.#options.leaseMs / 10) return
    this.#beatAt = now
    await beat(db, this.#options)
  }

  async #taking<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#connections.transaction({ mode: 'write', takesLeases: true }, work)
  }

  async #write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#connections.transaction({ mode: 'write' }, work)
  }
}
