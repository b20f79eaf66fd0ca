import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { systemClock } from '@tidemark/engine'
import { startChild } from './child-process.ts'
import { type Job, type Stop, whenOf } from './job.ts'
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
        // Before what came is committed, in the middle of each of the first tables; and with some of it committed.
        ...[...pages]
          .slice(0, TABLES)
          .map(([table, count]) => ({ after: 'page', table, nth: Math.ceil(count / 2) }) as const),
        // The process itself stands still there, so it is the last.
        { after: 'batch', nth: Math.max(1, Math.floor(parts / 2)) },
      ]
      const runs = stops.map((stop, nth) => ({
        ...{ stop, database: join(folder, `${nth}.db`) },
        // In the middle of a table the others say nothing.
        ...(stop.after === 'page' ? { only: stop.table, partRows: undefined } : { only: undefined, partRows }),
      }))
      const job = { kind: 'sync', config, starts, windows, ahead } as const
      await killed(world, { ...job, runs })
      const failed = await finished(world, { ...job, runs: runs.map((run) => ({ ...run, stop: undefined })) })
      if (failed !== undefined) return [failed]
      for (const { stop, only, database } of runs) {
        const destination = await openDestination({ url: database, runner: testRunner() })
        try {
          const found = differences(
            world,
            await contents(destination),
            only === undefined ? expected : new Map([[only, expected.get(only) ?? []]]),
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

/** Runs until each run stands still in its middle, and kills the process there. */
async function killed(world: SourceUnderTest, job: Job): Promise<void> {
  const child = await startChild(world, job)
  const isStill = await child.standsStill()
  child.kill()
  await child.ended
  if (!isStill) throw new Error(`in a separate process ${child.problem ?? 'the run ended before it could be killed'}`)
}

/** The same runs in another process, which remembers nothing. */
async function finished(world: SourceUnderTest, job: Job): Promise<Finding | undefined> {
  const child = await startChild(world, job)
  await child.ended
  return child.problem === undefined
    ? undefined
    : { table: undefined, example: `after the kill, the next run fails: ${child.problem}` }
}
