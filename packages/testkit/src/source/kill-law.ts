import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { systemClock } from '@tidemark/engine'
import { startChild } from './child-process.ts'
import type { Job, Stop } from './job.ts'
import { laterClock, subjectsIn } from './later-run.ts'
import type { Finding, Law } from './law.ts'
import {
  contents,
  demandSuccess,
  differences,
  intercepted,
  inWindows,
  memory,
  runInto,
  shortfalls,
  startsOf,
  windowsOf,
  withTables,
} from './quiet-run.ts'
import type { SourceUnderTest } from './source-under-test.ts'
import { testRunner } from './test-runner.ts'

const PARTS = 12
const TABLES = 3

export const killLaw: Law = {
  name: 'kill',
  says: 'a run that is killed in the middle loses and doubles nothing',
  meaning: 'after a power cut or an out-of-memory kill rows are missing or duplicated, and no later run repairs that.',
  async check(world) {
    await using place = await world.place()
    const config = world.config(place)
    const subjects = await subjectsIn(world, place)
    const clock = laterClock(subjects.map(({ table }) => table))
    const partRows = Math.max(1, Math.ceil(Math.max(1, ...subjects.map(({ rows }) => rows.length)) / PARTS))
    const starts = startsOf(subjects)
    const windows = windowsOf(subjects)
    const pages = new Map<string, number>()
    let parts = 0
    const quiet = await memory()
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-kill-'))
    try {
      const source = withTables(world.source, (table) =>
        intercepted(inWindows(table, windows), {
          afterPage: () => void pages.set(table.name, (pages.get(table.name) ?? 0) + 1),
        }),
      )
      const onEvent = ({ type }: { readonly type: string }): void => void (type === 'batch-committed' && parts++)
      demandSuccess(await runInto({ source, config, destination: quiet, starts, partRows, clock, onEvent }))
      const expected = await contents(quiet)
      const short = shortfalls(world, expected, subjects)
      if (short.length > 0) return short
      const ahead = clock.now() - systemClock.now()
      const stops: readonly Stop[] = [
        // With some of it committed; and before what came is committed, in the middle of each of the first tables.
        { after: 'batch', nth: Math.max(1, Math.floor(parts / 2)) },
        ...[...pages]
          .slice(0, TABLES)
          .map(([table, count]) => ({ after: 'page', table, nth: Math.ceil(count / 2) }) as const),
      ]
      for (const [nth, stop] of stops.entries()) {
        const database = join(folder, `${nth}.db`)
        const job = { kind: 'sync', config, database, starts, windows, ahead } as const
        await killed(world, { ...job, partRows: stop.after === 'batch' ? partRows : undefined, stop })
        const failed = await finished(world, { ...job, partRows, stop: undefined })
        if (failed !== undefined) return [failed]
        const destination = await openDestination({ url: database, runner: testRunner() })
        try {
          const found = differences(
            world,
            await contents(destination),
            expected,
            `killed ${whenOf(stop)} and run again`,
          )
          if (found.length > 0) return found
        } finally {
          await destination.close()
        }
      }
      return []
    } finally {
      await quiet.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

function whenOf(stop: Stop): string {
  return stop.after === 'batch' ? `after batch ${stop.nth}` : `behind page ${stop.nth} of ${stop.table}`
}

/** Runs until the process stands still in the middle, and kills it there. */
async function killed(world: SourceUnderTest, job: Extract<Job, { kind: 'sync' }>): Promise<void> {
  const child = await startChild(world, job)
  const isStill = await child.standsStill()
  child.kill()
  await child.ended
  if (isStill || job.stop === undefined) return
  throw new Error(
    `in a separate process the run did not get as far as ${whenOf(job.stop)}: ${child.problem ?? 'it ended before that'}`,
  )
}

async function finished(world: SourceUnderTest, job: Job): Promise<Finding | undefined> {
  const child = await startChild(world, job)
  await child.ended
  return child.problem === undefined
    ? undefined
    : { table: undefined, example: `after the kill, the next run fails: ${child.problem}` }
}
