import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { minutes } from '@tidemark/core'
import { type Destination, FAILPOINTS, type Failpoint } from '@tidemark/core/engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { killed, MEMORY, openFile } from './killed.ts'
import { at, instant, type Row, rowsIn, run, type Spec, System, shape, sorted, sourceOf } from './system.ts'

/** What can happen to a system and to the runs over it. */
type Command =
  | { readonly type: 'put'; readonly id: number; readonly late: number }
  | { readonly type: 'delete'; readonly id: number }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'run'; readonly failAt: number | undefined }
  | { readonly type: 'start'; readonly earlier: number }
  | { readonly type: 'resync'; readonly from: number; readonly length: number }
  /** The run dies at a point: nothing of it gets any further. */
  | { readonly type: 'die'; readonly point: Failpoint; readonly nth: number }
  /** Another runner takes the tables over while this one reads, and runs to its end. */
  | { readonly type: 'zombie'; readonly page: number }
  /** The source has a column more, or no longer. */
  | { readonly type: 'drift' }
  | { readonly type: 'backup' }
  | { readonly type: 'restore' }

const LOOKBACK = 60

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), id: fc.nat(12), late: fc.nat(LOOKBACK) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), id: fc.nat(12) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 200 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('run' as const), failAt: fc.option(fc.nat(6), { nil: undefined }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('start' as const), earlier: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('resync' as const),
      from: fc.nat(1500),
      length: fc.integer({ min: 1, max: 500 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('die' as const),
      point: fc.constantFrom(...FAILPOINTS),
      nth: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('zombie' as const), page: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'drift' as const }, { type: 'backup' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restore' as const }) },
)

interface Kind {
  readonly name: string
  readonly spec: Spec
  readonly keyed: boolean
  /** Its start is open. */
  readonly open?: true
}
const windowed = { window: minutes(3), lookback: minutes(1) }
const kinds: readonly Kind[] = [
  { name: 'a keyed table', spec: windowed, keyed: true },
  { name: 'a keyed table, without a start', spec: windowed, keyed: true, open: true },
  { name: 'a keyed table, ascending', spec: { ...windowed, ordered: 'ascending' }, keyed: true },
  { name: 'a keyed table, descending', spec: { ...windowed, ordered: 'descending' }, keyed: true },
  {
    name: 'a descending table, without a start',
    spec: { ...windowed, ordered: 'descending' },
    keyed: true,
    open: true,
  },
  { name: 'a table without a key', spec: { ...windowed, primaryKey: undefined }, keyed: false },
  {
    name: 'a table without a key, without a start',
    spec: { ...windowed, primaryKey: undefined },
    keyed: false,
    open: true,
  },
  { name: 'a table read whole', spec: { cursor: undefined, minAge: undefined, lookback: undefined }, keyed: true },
]

class World {
  readonly system = new System()
  readonly kind: Kind
  readonly folder: string
  destination: Destination
  start = 800
  isWide = false
  hasBackup = false
  readonly deletedAt = new Map<number, number>()

  private constructor(kind: Kind, folder: string, destination: Destination) {
    this.kind = kind
    this.folder = folder
    this.destination = destination
  }

  static async of(kind: Kind): Promise<World> {
    const folder = mkdtempSync(join(MEMORY, 'tidemark-model-'))
    return new World(kind, folder, await openFile(join(folder, 'x.db')))
  }

  get url(): string {
    return join(this.folder, 'x.db')
  }

  async close(): Promise<void> {
    await this.destination.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get spec(): Spec {
    const { spec, open } = this.kind
    const row = this.isWide ? shape.extend({ more: z.string().optional() }) : shape
    return spec['window'] === undefined || open === true
      ? { ...spec, row }
      : { ...spec, row, start: instant(this.start) }
  }

  /** Rows below the start are not wanted: they may be there, or not. */
  isWanted(row: Row): boolean {
    return this.kind.spec['window'] === undefined || this.kind.open === true || row.at >= this.start
  }

  async apply(command: Command): Promise<void> {
    const { system, kind } = this
    if (command.type === 'wait') system.now += command.seconds
    if (command.type === 'start') this.start -= command.earlier
    if (command.type === 'put') {
      const known = system.all().find((row) => row.id === command.id)
      // A cursor only ever moves towards the present, and rows without a key never change.
      // And nothing comes back with the very stamp of its deletion (docs/decisions/0004).
      const when = Math.max(system.now - command.late, (known?.at ?? 0) + 1, (this.deletedAt.get(command.id) ?? 0) + 1)
      if (when >= system.now || (!kind.keyed && known !== undefined)) return
      system.put({ id: command.id, at: when, text: `${system.now}` })
      system.deletions = system.deletions.filter((one) => one.id !== command.id)
    }
    if (command.type === 'delete' && kind.keyed && system.all().some((row) => row.id === command.id)) {
      system.remove(command.id)
      this.deletedAt.set(command.id, system.now - 1)
      if (kind.spec['cursor'] !== undefined || kind.spec['window'] !== undefined)
        system.deletions.push({ id: command.id, when: system.now - 1, at: system.now - 1 })
    }
    if (command.type === 'run') await this.run(command.failAt)
    if (command.type === 'resync') await this.resync(command.from, command.from + command.length)
    if (command.type === 'die') await this.die(command.point, command.nth)
    if (command.type === 'zombie') await this.zombie(command.page)
    if (command.type === 'drift') this.isWide = !this.isWide
    if (command.type === 'backup' || (command.type === 'restore' && this.hasBackup)) await this.copy(command.type)
  }

  /** From this point on the process is dead. */
  async die(point: Failpoint, nth: number): Promise<void> {
    await killed(this.destination, { point, nth }, (dying) => this.once(dying))
    this.destination = await openFile(this.url)
  }

  async zombie(page: number): Promise<void> {
    const zombie = this.destination
    let pages = 0
    let next: Destination | undefined
    this.system.beforePage = async () => {
      if (next !== undefined || pages++ !== page) return
      // In one process nobody can wait for a part that is still being written: this stands behind it.
      await zombie.now()
      next = await openFile(this.url)
      // What the other one asks for is not in this one's way.
      const waiting = this.system.beforePage
      this.system.beforePage = () => {}
      expect((await this.once(next)).exitCode).toBe(0)
      this.system.beforePage = waiting
    }
    const report = await this.once(zombie)
    this.system.beforePage = () => {}
    if (next === undefined) return
    expect(report.tables[0]?.failures.map(({ failure }) => failure.code)).toEqual(['fenced'])
    await zombie.close()
    this.destination = next
  }

  async reopen(before: Destination): Promise<void> {
    await before.close()
    this.destination = await openFile(this.url)
  }

  async copy(way: 'backup' | 'restore'): Promise<void> {
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

  once(destination: Destination) {
    this.sort()
    return run({
      system: this.system,
      destination,
      spec: this.spec,
      pageSize: 2,
      use: { options: { backfillNewColumns: true } },
      // So few rows may all go.
      options: { settings: { batch: { rows: 3, bytes: 1e6 }, deletionLimit: 'none' } },
    })
  }

  async run(failAt?: number): Promise<void> {
    let pages = 0
    this.system.beforePage = () => {
      if (pages++ === failAt) throw new Error('broken')
    }
    const report = await this.once(this.destination)
    if (failAt === undefined) expect(report.exitCode).toBe(0)
  }

  /** As an ordered table must be. */
  sort(): void {
    const isDescending = this.kind.spec['ordered'] === 'descending'
    this.system.rows.set(
      '',
      this.system.all().sort((a, b) => (isDescending ? b.at - a.at : a.at - b.at)),
    )
  }

  async resync(from: number, to: number): Promise<void> {
    const state = await this.destination.state()
    if (!state.tables.has('memory_events') || this.kind.spec['window'] === undefined) return
    this.system.beforePage = () => {}
    this.sort()
    const sources = [{ name: 'memory', source: sourceOf(this.system, this.spec, 2), config: {}, options: {} }]
    const report = await resync(
      { sources, destination: this.destination, clock: fixedClock(at(this.system.now)) },
      { table: 'memory_events', from: instant(from), to: instant(to) },
    )
    expect(report.exitCode).toBe(0)
  }
}

// A few with `pnpm test`, 250 with `pnpm turbo model`.
const asked = process.env['TIDEMARK_MODEL_RUNS']
const numRuns = Number(asked ?? 40)
const [minLength, maxLength] = asked === undefined ? [1, 25] : [20, 40]
const seed = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it.each(kinds)(
  'whatever happens, after a clean run the rows are those of the source: $name',
  { timeout: 600_000 },
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength, maxLength }), async (commands) => {
        const world = await World.of(kind)
        try {
          for (const one of commands) await world.apply(one)
          // A lookback reaches under a gap, so time must pass for what came late to be found.
          world.system.now++
          await world.run()
          const found = await rowsIn(world.destination)
          const isWanted = (row: Row) => world.isWanted(row)
          expect(found.filter(isWanted)).toEqual(sorted(world.system.all().filter(isWanted)))
        } finally {
          await world.close()
        }
      }),
      { numRuns, seed },
    )
    console.log(`${kind.name}: ${numRuns} runs of ${minLength} to ${maxLength} commands, seed ${seed}, 0 violations`)
  },
)
