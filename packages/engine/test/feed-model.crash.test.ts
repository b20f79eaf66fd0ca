import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UNCHANGED } from '@tidemark/core'
import { type Destination, FAILPOINTS, type Failpoint } from '@tidemark/core/engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { killed, MEMORY, openFile } from './killed.ts'
import { commit, Log, put, runLog, type Told, toldIn } from './told.ts'

/** What one transaction of the system does, or what happens to the runs over it. */
type Command =
  | { readonly type: 'transaction'; readonly ops: readonly Op[] }
  | { readonly type: 'run'; readonly failAt: number | undefined; readonly batch: number }
  | { readonly type: 'die'; readonly point: Failpoint; readonly nth: number; readonly batch: number }
  /** Another runner takes the feed over while this one reads, and runs to its end. */
  | { readonly type: 'zombie'; readonly at: number }
  | { readonly type: 'backup' }
  | { readonly type: 'restore' }

interface Op {
  readonly do: 'insert' | 'update' | 'rekey' | 'swap' | 'delete' | 'truncate'
  readonly id: number
  readonly other: number
  readonly value: number
  /** Which fields the change tells. */
  readonly tells: number
}

const IDS = 6
const op: fc.Arbitrary<Op> = fc.record({
  do: fc.oneof(
    { weight: 5, arbitrary: fc.constant('insert' as const) },
    { weight: 6, arbitrary: fc.constant('update' as const) },
    { weight: 3, arbitrary: fc.constant('rekey' as const) },
    { weight: 1, arbitrary: fc.constant('swap' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constant('truncate' as const) },
  ),
  id: fc.nat(IDS),
  other: fc.nat(IDS),
  value: fc.nat(1000),
  tells: fc.nat(3),
})
const batch = fc.integer({ min: 1, max: 6 })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('transaction' as const),
      ops: fc.array(op, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('run' as const),
      failAt: fc.option(fc.nat(12), { nil: undefined }),
      batch,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('die' as const),
      point: fc.constantFrom(...FAILPOINTS),
      nth: fc.integer({ min: 1, max: 8 }),
      batch,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('zombie' as const), at: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'backup' as const }, { type: 'restore' as const }) },
)

class World {
  readonly log = new Log()
  readonly folder: string
  readonly #isKeyed: boolean
  readonly rows = new Map<number, Told>()
  /** Of the table without a key: all that was ever added. */
  added: Told[] = []
  destination: Destination
  hasBackup = false
  #nth = 0

  private constructor(isKeyed: boolean, folder: string, destination: Destination) {
    this.#isKeyed = isKeyed
    this.folder = folder
    this.destination = destination
    if (!isKeyed) this.log.keyless.add('orders')
    // A log tells the same again from any of its offsets.
    this.log.spec = { repeatable: true }
  }

  static async of(isKeyed: boolean): Promise<World> {
    const folder = mkdtempSync(join(MEMORY, 'tidemark-feed-'))
    return new World(isKeyed, folder, await openFile(join(folder, 'x.db')))
  }

  get url(): string {
    return join(this.folder, 'x.db')
  }

  async close(): Promise<void> {
    await this.destination.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get expected(): readonly Told[] {
    const rows = this.#isKeyed ? [...this.rows.values()] : this.added
    return rows.toSorted((a, b) => a.id - b.id || (String(a.note) < String(b.note) ? -1 : 1))
  }

  async apply(one: Command): Promise<void> {
    if (one.type === 'transaction') this.#transaction(one.ops)
    if (one.type === 'run') await this.run(one.batch, one.failAt)
    if (one.type === 'die') await this.#die(one)
    if (one.type === 'zombie') await this.#zombie(one.at)
    if (one.type === 'backup' || (one.type === 'restore' && this.hasBackup)) await this.#copy(one.type)
  }

  #transaction(ops: readonly Op[]): void {
    for (const one of ops) {
      if (this.#isKeyed) this.#keyed(one)
      else this.#add(one)
    }
    this.log.add(commit)
  }

  #add({ do: what, value }: Op): void {
    if (what === 'truncate') {
      this.added = []
      this.log.add({ op: 'truncate' })
      return
    }
    const row = { id: this.#nth++, note: `n${value}`, total: value }
    this.added.push(row)
    this.log.add(put(row.id, row.note, row.total))
  }

  #keyed({ do: what, id, other, value, tells }: Op): void {
    const { rows, log } = this
    const there = rows.get(id)
    const change = (from: Told, to: number): Told => ({
      id: to,
      note: (tells & 1) === 1 ? `n${value}` : from.note,
      total: (tells & 2) === 2 ? value : from.total,
    })
    const told = (row: Told, before?: number) =>
      put(
        row.id,
        (tells & 1) === 1 ? row.note : UNCHANGED,
        (tells & 2) === 2 ? row.total : UNCHANGED,
        before === undefined ? {} : { before },
      )
    if (what === 'truncate') {
      rows.clear()
      log.add({ op: 'truncate' })
    } else if (what === 'insert' && there === undefined) {
      rows.set(id, { id, note: `n${value}`, total: value })
      log.add(put(id, `n${value}`, value))
    } else if (there === undefined) return
    else if (what === 'update') {
      rows.set(id, change(there, id))
      log.add(told(rows.get(id)!))
    } else if (what === 'delete') {
      rows.delete(id)
      log.add({ op: 'delete', id })
    } else if (what === 'rekey' && !rows.has(other)) {
      rows.delete(id)
      rows.set(other, change(there, other))
      log.add(told(rows.get(other)!, id))
    } else if (what === 'swap' && other !== id && rows.has(other)) {
      const second = rows.get(other)!
      const nowhere = 1000 + id
      log.add(
        put(nowhere, UNCHANGED, UNCHANGED, { before: id }),
        put(id, UNCHANGED, UNCHANGED, { before: other }),
        put(other, UNCHANGED, UNCHANGED, { before: nowhere }),
      )
      rows.set(id, { ...second, id })
      rows.set(other, { ...there, id: other })
    }
  }

  once(destination: Destination, rows = 3) {
    return runLog({
      log: this.log,
      destination,
      options: { settings: { batch: { rows, bytes: 1e6 }, deletionLimit: 'none' } },
    })
  }

  async run(rows = 3, failAt?: number): Promise<void> {
    let told = 0
    this.log.before = () => {
      if (told++ === failAt) throw new Error('broken')
    }
    const report = await this.once(this.destination, rows)
    this.log.before = () => {}
    if (failAt === undefined) expect(report.tables.flatMap(({ failures }) => failures)).toEqual([])
  }

  async #die({ batch: rows, ...when }: Command & { readonly type: 'die' }): Promise<void> {
    await killed(this.destination, when, (dying) => this.once(dying, rows))
    this.destination = await openFile(this.url)
  }

  async #zombie(index: number): Promise<void> {
    const zombie = this.destination
    let told = 0
    let next: Destination | undefined
    this.log.before = async () => {
      if (next !== undefined || told++ !== index) return
      await zombie.now()
      next = await openFile(this.url)
      const waiting = this.log.before
      this.log.before = () => {}
      expect((await this.once(next)).exitCode).toBe(0)
      this.log.before = waiting
    }
    await this.once(zombie)
    this.log.before = () => {}
    if (next === undefined) return
    await zombie.close()
    this.destination = next
  }

  async #copy(way: 'backup' | 'restore'): Promise<void> {
    await this.destination.close()
    const copy = `${this.url}.copy`
    if (way === 'backup') copyFileSync(this.url, copy)
    else {
      for (const more of ['-wal', '-shm']) rmSync(`${this.url}${more}`, { force: true })
      copyFileSync(copy, this.url)
    }
    this.hasBackup = true
    this.destination = await openFile(this.url)
  }
}

// A few with the lane of crashes, 250 with `pnpm turbo model`.
const asked = process.env['TIDEMARK_MODEL_RUNS']
// Each reads its whole log again and again: fewer of them take as long as those of tables.
const numRuns = Math.ceil(Number(asked ?? 40) / 2.5)
const [minLength, maxLength] = asked === undefined ? [1, 25] : [20, 40]
const seed = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it.each([
  ['with a key', true],
  ['without a key', false],
] as const)(
  'whatever happens to a feed, the rows of its table are those of the source: %s',
  { timeout: 600_000 },
  async (name, isKeyed) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength, maxLength }), async (commands) => {
        const world = await World.of(isKeyed)
        try {
          for (const one of commands) await world.apply(one)
          await world.run()
          // A table of which nothing was ever told is there all the same.
          expect(await toldIn(world.destination)).toEqual(world.expected)
        } finally {
          await world.close()
        }
      }),
      { numRuns, seed },
    )
    console.log(
      `a feed's table ${name}: ${numRuns} runs of ${minLength} to ${maxLength} commands, seed ${seed}, 0 violations`,
    )
  },
)
