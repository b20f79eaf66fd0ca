import type { Destination } from '@tidemark/core/engine'
import { type Clock, resync, sync, systemClock, verify } from '@tidemark/engine'
import { expect } from 'vitest'
import type { MovingKind, MovingRow, Mutation } from './moving-system.ts'
import { MovingSystem } from './moving-system.ts'

/** What is done with a table while its system is at work. */
export type Deed =
  | { readonly type: 'sync' }
  | { readonly type: 'resync' }
  | { readonly type: 'resync a part'; readonly from: number; readonly length: number }
  | { readonly type: 'repair' }
  /** The source has a column more, and its history is wanted. */
  | { readonly type: 'widen' }
  /** The clock of the machine is ahead for one run; the next one notices, and every other time reads all again at once. */
  | { readonly type: 'ahead'; readonly by: number }
  | { readonly type: 'wait'; readonly seconds: number }

export interface MovingOptions {
  readonly kind: MovingKind
  readonly deletes: 'soft' | 'hard'
  readonly mutations: readonly Mutation[]
}

const TABLE = 'moving_rows'
const DAY = 86_400

/** Syncs a moving system, and after every commit holds what is there against what lives. */
export class MovingWorld {
  readonly system: MovingSystem
  readonly #options: MovingOptions
  readonly #right: Destination
  readonly #watched: Destination
  /** Rows that were committed in the life that they lead, by their keys. */
  readonly #committed = new Set<number>()
  /** Rows that live and were found marked or away. */
  readonly #wrong: MovingRow[] = []
  #looking: Promise<void> = Promise.resolve()
  #skew = 0

  constructor(destination: Destination, options: MovingOptions) {
    this.#options = options
    this.#right = destination
    this.system = new MovingSystem(options.kind, options.mutations)
    this.system.onDeath = (id) => this.#committed.delete(id)
    const watched = async (...args: Parameters<Destination['commit']>) => {
      this.system.pass()
      const committed = await destination.commit(...args)
      // One behind the other: partitions commit side by side, and an older look knows nothing of what a newer one found.
      this.#looking = this.#looking.then(() => this.#look())
      await this.#looking
      return committed
    }
    this.#watched = new Proxy(destination, {
      get(target, name) {
        if (name === 'commit') return watched
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  async do(deed: Deed): Promise<void> {
    await this.#do(deed)
    expect(this.#wrong).toEqual([])
  }

  async #do(deed: Deed): Promise<void> {
    this.system.pass()
    const table = (await this.#right.state()).tables.get(TABLE)
    const known = table !== undefined
    switch (deed.type) {
      case 'wait':
        this.system.now += deed.seconds
        return
      case 'ahead':
        if (this.#options.kind.stale === true) return
        // Of what a run reads again while its own clock is ahead nobody can say whether it moved in between.
        if (known && [...table.partitions.values()].some(({ resyncs }) => resyncs.length > 0)) return
        this.#skew = deed.by
        await this.#sync()
        this.#skew = 0
        await this.#do({ type: deed.by % 2 === 1 ? 'resync' : 'sync' })
        return
      case 'widen':
        this.system.isWide = true
        await this.#sync()
        return
      case 'sync':
        await this.#sync()
        return
      case 'resync':
        if (known) await resync(this.#run(), { table: TABLE })
        return
      case 'resync a part': {
        if (!known) return
        const text = (n: number) => new Date(n * 1000).toISOString()
        await resync(this.#run(), { table: TABLE, from: text(deed.from), to: text(deed.from + deed.length) })
        return
      }
      case 'repair':
        if (known) await verify(this.#run(), { table: TABLE, repair: true })
    }
  }

  /** When all is quiet, and what was postponed has come, a sync and a resync leave what the system holds. */
  async end(): Promise<void> {
    this.system.isBusy = false
    this.system.now = Math.max(this.system.now, ...[...this.system.rows.values()].map(({ at }) => at)) + 2 * DAY
    await this.#sync()
    // What a clock that was ahead had covered is asked for by one run and read by the next.
    await this.#sync()
    const report = await resync(this.#run(), { table: TABLE })
    expect(report.exitCode).toBe(0)
    expect(this.#wrong).toEqual([])
    const wanted = [...this.system.rows.values()].map(({ id, at, text }) => ({ id, at, text }))
    expect(await this.#rows()).toEqual(wanted.sort((a, b) => a.id - b.id))
  }

  async #sync(): Promise<void> {
    const report = await sync(this.#run())
    expect(report.exitCode, JSON.stringify(report.tables[0]?.failures ?? report.failure)).toBe(0)
  }

  #run(): Parameters<typeof sync>[0] {
    const { system } = this
    const clock: Clock = { ...systemClock, now: () => BigInt(system.now + this.#skew) * 1_000_000n, random: () => 0.5 }
    const options = { deletes: this.#options.deletes, backfillNewColumns: true }
    return {
      sources: [{ name: 'moving', source: system.source(), config: {}, options }],
      destination: this.#watched,
      clock,
      settings: { batch: { rows: 5, bytes: 1e6 }, deletionLimit: 'none' },
    }
  }

  /** No row that lives, and was committed in this life, is marked or away. */
  async #look(): Promise<void> {
    const found = new Map((await this.#rows()).map((row) => [row.id, row]))
    for (const id of this.#committed) if (!found.has(id)) this.#wrong.push(this.system.rows.get(id)!)
    for (const [id, { text }] of found)
      if (lifeOf(text) === lifeOf(this.system.rows.get(id)?.text)) this.#committed.add(id)
  }

  async #rows(): Promise<readonly Pick<MovingRow, 'id' | 'at' | 'text'>[]> {
    const rows: Pick<MovingRow, 'id' | 'at' | 'text'>[] = []
    for await (const row of this.#right.read(TABLE))
      rows.push({ id: Number(row['id']), at: Date.parse(String(row['at'])) / 1000, text: String(row['text']) })
    return rows.sort((a, b) => a.id - b.id)
  }
}

const lifeOf = (text: string | undefined): string | undefined => text?.split(':')[0]
