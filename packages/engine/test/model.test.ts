import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { resync } from '../src/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, rowsIn, run, type Spec, System, sorted, sourceOf } from './system.ts'

/** What can happen to a system and to the runs over it. */
type Command =
  | { readonly type: 'put'; readonly id: number; readonly late: number }
  | { readonly type: 'delete'; readonly id: number }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'run'; readonly failAt: number | undefined }
  | { readonly type: 'start'; readonly earlier: number }
  | { readonly type: 'resync'; readonly from: number; readonly length: number }

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
)

interface Kind {
  readonly name: string
  readonly spec: Spec
  readonly keyed: boolean
}
const windowed = { window: minutes(3), lookback: minutes(1) }
const kinds: readonly Kind[] = [
  { name: 'a keyed table', spec: windowed, keyed: true },
  { name: 'a keyed table, ascending', spec: { ...windowed, ordered: 'ascending' }, keyed: true },
  { name: 'a table without a key', spec: { ...windowed, primaryKey: undefined }, keyed: false },
  { name: 'a table read whole', spec: { cursor: undefined, settle: undefined, lookback: undefined }, keyed: true },
]

class World {
  readonly system = new System()
  readonly destination: Destination
  readonly kind: Kind
  start = 800
  readonly deletedAt = new Map<number, number>()

  constructor(kind: Kind, destination: Destination) {
    this.kind = kind
    this.destination = destination
  }

  get spec(): Spec {
    return this.kind.spec['window'] === undefined ? this.kind.spec : { ...this.kind.spec, start: instant(this.start) }
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
  }

  async run(failAt?: number): Promise<void> {
    let pages = 0
    this.system.beforePage = () => {
      if (pages++ === failAt) throw new Error('broken')
    }
    this.sort()
    const report = await run({
      system: this.system,
      destination: this.destination,
      spec: this.spec,
      pageSize: 2,
      options: { settings: { part: { rows: 3, bytes: 1e6 } } },
    })
    if (failAt === undefined) expect(report.exitCode).toBe(0)
  }

  /** An ascending table must be. */
  sort(): void {
    this.system.rows.set(
      '',
      this.system.all().sort((a, b) => a.at - b.at),
    )
  }

  async resync(from: number, to: number): Promise<void> {
    const state = await this.destination.state()
    if (!state.tables.has('memory_events') || this.kind.spec['window'] === undefined) return
    this.system.beforePage = () => {}
    this.sort()
    const uses = [{ name: 'memory', source: sourceOf(this.system, this.spec, 2), config: {}, options: {} }]
    const report = await resync(
      { uses, destination: this.destination, clock: fixedClock(at(this.system.now)) },
      { table: 'memory_events', from: instant(from), to: instant(to) },
    )
    expect(report.exitCode).toBe(0)
  }
}

it.each(kinds)(
  'whatever happens, after a clean run the rows are those of the source: $name',
  { timeout: 600_000 },
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
        const destination = await openMemory()
        try {
          const world = new World(kind, destination)
          for (const one of commands) await world.apply(one)
          // A lookback reaches under a gap, so time must pass for what came late to be found.
          world.system.now++
          await world.run()
          const wanted = world.system.all().filter((row) => kind.spec['window'] === undefined || row.at >= world.start)
          const found = await rowsIn(destination)
          expect(found.filter((row) => kind.spec['window'] === undefined || row.at >= world.start)).toEqual(
            sorted(wanted),
          )
        } finally {
          await destination.close()
        }
      }),
      // More where someone has the time: TIDEMARK_MODEL_RUNS=5000 pnpm --filter @tidemark/engine test model
      { numRuns: Number(process.env['TIDEMARK_MODEL_RUNS'] ?? 60) },
    )
  },
)
