import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UNCHANGED } from '@tidemark/core'
import { type Destination, FAILPOINTS, type Failpoint } from '@tidemark/core/engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { killed, MEMORY, openFile } from './killed.ts'
import { Living } from './living.ts'
import { at, Lines } from './system.ts'
import { type Entry, put, toldIn } from './told.ts'

const KEYED = ['orders', 'items']
const KEYLESS = ['lines', 'events']
const TABLES = [...KEYED, ...KEYLESS]
const IDS = 11

interface Op {
  readonly table: string
  readonly do: 'put' | 'rekey' | 'delete' | 'truncate'
  readonly id: number
  readonly other: number
  /** Which fields the change tells. */
  readonly tells: number
}
type Transaction = readonly Op[]

interface Run {
  /** A table that the config leaves out. */
  readonly without: string | undefined
  /** Transactions of the system, by how often it was waited for until then. */
  readonly meanwhile: readonly { readonly moment: number; readonly ops: Transaction }[]
  /** When the source fails, by the same, and for how many attempts the run is made. */
  readonly failsAt: number | undefined
  readonly attempts: number
  readonly batch: number
  readonly hard: boolean
}

type Command =
  | { readonly type: 'transaction'; readonly ops: Transaction }
  | { readonly type: 'run'; readonly run: Run }
  | { readonly type: 'die'; readonly run: Run; readonly point: Failpoint; readonly nth: number }
  /** Rows of a table change, and the log does not tell how. */
  | { readonly type: 'lose'; readonly table: string }
  /** The log of before is not kept. */
  | { readonly type: 'cut' }
  /** The config asks for the feed no more, for one run. */
  | { readonly type: 'retire' }
  | { readonly type: 'resync'; readonly table: string; readonly full: boolean }

const table = fc.constantFrom(...TABLES)
const op: fc.Arbitrary<Op> = fc.record({
  table,
  do: fc.oneof(
    { weight: 8, arbitrary: fc.constant('put' as const) },
    { weight: 2, arbitrary: fc.constant('rekey' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constant('truncate' as const) },
  ),
  id: fc.nat(IDS),
  other: fc.nat(IDS),
  tells: fc.nat(3),
})
const ops = fc.array(op, { minLength: 1, maxLength: 8 })
const run: fc.Arbitrary<Run> = fc.record({
  without: fc.option(table, { nil: undefined, freq: 3 }),
  meanwhile: fc.array(fc.record({ moment: fc.nat(40), ops }), { maxLength: 8 }),
  failsAt: fc.option(fc.nat(40), { nil: undefined }),
  attempts: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 4 }),
  hard: fc.boolean(),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('transaction' as const), ops }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('run' as const), run }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ type: fc.constant('die' as const), run },
      ...{ point: fc.constantFrom(...FAILPOINTS), nth: fc.integer({ min: 1, max: 20 }) },
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('lose' as const), table }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cut' as const, 'retire' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('resync' as const), table, full: fc.boolean() }) },
)

const PLAIN: Run = { without: undefined, meanwhile: [], failsAt: undefined, attempts: 1, batch: 3, hard: false }

class World {
  readonly living: Living
  readonly folder = mkdtempSync(join(MEMORY, 'tidemark-feed-tables-'))
  readonly #url = join(this.folder, 'x.db')
  destination!: Destination
  #nth = 0

  constructor(isCut: boolean) {
    this.living = new Living(KEYED, KEYLESS, { isCut })
  }

  async open(): Promise<this> {
    this.destination = await openFile(this.#url)
    return this
  }

  async close(): Promise<void> {
    await this.destination.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async apply(one: Command): Promise<void> {
    const { living } = this
    if (one.type === 'transaction') this.#transaction(one.ops)
    else if (one.type === 'run') await this.run(one.run)
    else if (one.type === 'lose') living.lose(one.table, (rows) => rows.map((row) => ({ ...row, total: this.#nth++ })))
    else if (one.type === 'cut') living.cut()
    else if (one.type === 'retire') {
      living.isRetired = true
      await this.run(PLAIN)
      living.isRetired = false
    } else if (one.type === 'die') {
      await killed(this.destination, one, (dying) => this.run(one.run, dying))
      await this.open()
    } else await this.#resync(one.table, one.full)
  }

  #transaction(ops: Transaction): void {
    const before = this.living.log.length
    for (const one of ops) {
      const entry = this.#entryOf(one)
      // Each is of the rows as those before have left them, and all are one transaction.
      if (entry !== undefined) this.living.change(entry)
    }
    if (this.living.log.length > before) this.living.log.push({ op: 'commit' })
  }

  #entryOf({ table, do: what, id, other, tells }: Op): Entry | undefined {
    const value = this.#nth++
    if (what === 'truncate') return { op: 'truncate', table }
    if (KEYLESS.includes(table)) return put(id, `n${value}`, value, { table })
    const has = (one: number) => this.living.rows.get(table)!.some((row) => row.id === one)
    if (!has(id)) return what === 'put' ? put(id, `n${value}`, value, { table }) : undefined
    if (what === 'delete') return { op: 'delete', id, table }
    if (what === 'rekey' && has(other)) return undefined
    return put(
      what === 'rekey' ? other : id,
      (tells & 1) === 1 ? `n${value}` : UNCHANGED,
      (tells & 2) === 2 ? value : UNCHANGED,
      { table, ...(what === 'rekey' ? { before: id } : {}) },
    )
  }

  #options({ without, batch, attempts, hard }: Run, destination: Destination): RunOptions {
    const tables = without === undefined ? {} : { tables: { [without]: false as const } }
    const options = { ...tables, ...(hard ? { deletes: 'hard' as const } : {}) }
    return {
      sources: [{ name: 'memory', source: this.living.source(), config: {}, options }],
      destination,
      clock: fixedClock(at(1000)),
      log: new Lines(),
      settings: {
        ...{ batch: { rows: batch, bytes: 1e6 }, deletionLimit: 'none' },
        retry: { attempts, firstDelayMs: 1, maxDelayMs: 1 },
      },
    }
  }

  async run(run: Run, destination = this.destination): Promise<void> {
    let moment = 0
    this.living.meanwhile = () => {
      for (const one of run.meanwhile) if (one.moment === moment) this.#transaction(one.ops)
      if (moment++ === run.failsAt) throw Object.assign(new Error('broken'), { code: 'ECONNRESET' })
    }
    try {
      const report = await sync(this.#options(run, destination))
      if (run === PLAIN) expect(report.tables.flatMap(({ failures }) => failures)).toEqual([])
    } finally {
      this.living.meanwhile = () => {}
    }
  }

  async #resync(table: string, full: boolean): Promise<void> {
    const name = `memory_${table}`
    if (!(await this.destination.state()).tables.has(name)) return
    await resync(this.#options(PLAIN, this.destination), { table: name, full })
  }
}

// A few with the lane of crashes, more with `pnpm turbo model`.
const asked = process.env['TIDEMARK_MODEL_RUNS']
const numRuns = Math.ceil(Number(asked ?? 40) / 2.5)
const [minLength, maxLength] = asked === undefined ? [1, 12] : [8, 20]
const seed = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it.each([
  ['are read in chunks beside it', true],
  ['it tells from the beginning', false],
])(
  'whatever happens to a feed, its tables have the rows of the source: those that %s',
  { timeout: 600_000 },
  async (how, isCut) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength, maxLength }), async (commands) => {
        const world = await new World(isCut).open()
        try {
          for (const one of commands) await world.apply(one)
          await world.run(PLAIN)
          for (const name of TABLES)
            expect([name, await toldIn(world.destination, `memory_${name}`)]).toEqual([
              name,
              world.living.expected(name),
            ])
        } finally {
          await world.close()
        }
      }),
      { numRuns, seed },
    )
    console.log(
      `tables that ${how}: ${numRuns} runs of ${minLength} to ${maxLength} commands, seed ${seed}, 0 violations`,
    )
  },
)
