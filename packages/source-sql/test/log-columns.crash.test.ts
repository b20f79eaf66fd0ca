import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Source } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { type RunOptions, sync } from '@tidemark/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import sql from '../src/index.ts'
import { temporaryFolder } from './harness.ts'
import { Crash, Schedule, schedule } from './log-schedule.ts'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

const SEEDS: Readonly<Record<string, number>> = { short: 2, middle: 5, long: 200 }
const count = SEEDS[process.env['TIDEMARK_CRASH'] ?? 'short']!
const asked = process.env['TIDEMARK_SEED']
const first = asked === undefined ? Math.floor(Math.random() * 1_000_000) : Number(asked)
/** Runs of a seed before the last one, each of which may die. */
const RUNS = 6
const COMMITS = ['commitFeed', 'commit', 'record', 'chunks']

/** One run that dies where the schedule says. @returns why it failed; undefined: it did not. */
async function run(world: LogWorld, file: string, plan: Schedule): Promise<string | undefined> {
  const runner = { id: `run-${performance.now()}`, host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url: file, runner, isAlive: () => false })
  const dying = new Proxy(destination, {
    get(target, name: keyof typeof destination) {
      const member: unknown = target[name]
      if (typeof member !== 'function') return member
      if (!COMMITS.includes(name)) return member.bind(target)
      return (...args: unknown[]) => plan.commit(name, async () => await member.apply(target, args))
    },
  })
  try {
    const { exitCode, tables } = await sync({
      sources: [
        {
          name: 'crm',
          source: sql as unknown as Source,
          config: { url: world.url, replication: 'log' },
          options: { deletionLimit: 'none' },
        },
      ],
      destination: dying,
      settings: {
        retry: { attempts: 40, firstDelayMs: 5, maxDelayMs: 100 },
        batch: { rows: 4, bytes: 1_000_000 },
      },
    } as unknown as RunOptions)
    return exitCode === 0 ? undefined : JSON.stringify(tables.flatMap(({ failures }) => failures))
  } catch (error) {
    if (error instanceof Crash) return error.message
    throw error
  } finally {
    await destination.close()
  }
}

const text = (name: string, value: unknown): string =>
  name === 'big' ? createHash('md5').update(String(value)).digest('hex') : String(value)

describe.each(VERSIONS)('the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)
  const seeds = Array.from({ length: count }, (__, at) => first + at)

  it.each(seeds)(
    'has the rows of its table, whatever changes between any two steps, and wherever runs die (seed %i)',
    async (seed) => {
      const world = await open()
      const plan = new Schedule(seed, world.url)
      await plan.begin()
      onTestFinished(schedule(plan))
      const file = join(temporaryFolder(), 'tidemark.db')
      for (let n = 0; n < RUNS; n++) {
        plan.lines.push(`run ${n}`)
        plan.startRun()
        await run(world, file, plan)
        await plan.stopRun()
        await plan.happen(plan.below(5))
      }
      await plan.end()
      const failure = await run(world, file, plan)
      const names = (
        await world.sql(`SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped
        AND attgenerated = '' ORDER BY 1`)
      ).map(([name]) => String(name))
      const there = await world.sql(`SELECT ${names.join()} FROM t ORDER BY id`)
      const db = new DatabaseSync(file, { readOnly: true })
      onTestFinished(() => db.close())
      const here = db.prepare(`SELECT ${names.join()} FROM crm_t WHERE _deleted_at IS NULL ORDER BY id`).all()
      const rows = {
        here: here.map((row) => names.map((name) => text(name, row[name])).join(' ')),
        there: there.map((row) => row.map((value, at) => text(names[at]!, value)).join(' ')),
      }
      expect({ failure, rows: rows.here }, plan.lines.join('\n')).toEqual({ failure: undefined, rows: rows.there })
    },
  )
})
