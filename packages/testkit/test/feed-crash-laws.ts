import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  FedChecker,
  figuresText,
  killAtFailpoints,
  killAtRandom,
  rowsOf,
  runQuietly,
  seedOf,
  startVictim,
} from '../src/crash-harness.ts'
import { addedFigures } from './added-figures.ts'
import { isLong, lane, many, TIMEOUT } from './lane.ts'
import type { CrashPlace, Places } from './places.ts'

const say = (text: string): void => console.log(text)
const LEASE_MS = 400
const fed = true

/** Runs to the end, and finds what a quiet run finds in a database of its own. */
async function endsAsQuietly(places: Places, place: CrashPlace, until: number): Promise<void> {
  expect(await runQuietly({ url: place.url, until, fed, pageMs: 0 })).toEqual([])
  expect(await new FedChecker(place.connect).check(until)).toEqual([])
  const quiet = await places.empty()
  expect(await runQuietly({ url: quiet.url, until, fed, pageMs: 0 })).toEqual([])
  expect(await rowsOf(place.connect)).toEqual(await rowsOf(quiet.connect))
}

/**
 * Rows and offset of a feed agree, whatever moment a process dies at.
 *
 * @param kills so many at random moments. Absent: as many as the lane has.
 */
export function testFeedCrashes(places: Places, kills: number = lane.feedKills): void {
  describe(`crashes of a feed on ${places.name}`, { timeout: TIMEOUT }, () => {
    it('at random moments leave the rows of its offset, and end as a quiet run does', async () => {
      const seed = seedOf(process.env)
      const all = await many(Math.ceil(kills / lane.perPlace), async (at) => {
        const place = await places.empty()
        const count = Math.min(kills - at * lane.perPlace, lane.perPlace)
        const figures = await killAtRandom({ ...place, fed, kills: count, seed: seed + at })
        await endsAsQuietly(places, place, figures.until)
        return figures
      })
      const figures = addedFigures(all)
      say(figuresText(`a feed on ${places.name}`, figures))
      expect(figures.violations).toEqual([])
      expect(figures.kills).toBe(kills)
    })

    it.each(isLong ? (['kill', 'throw'] as const) : (['kill'] as const))(
      'at every failpoint (%s) leave the rows of its offset',
      async (action) => {
        const all = await many(lane.nths.length, async (at) => {
          const place = await places.empty()
          const figures = await killAtFailpoints({ ...place, fed, nths: [lane.nths[at]! * 3], action })
          await endsAsQuietly(places, place, figures.until)
          return figures
        })
        const figures = addedFigures(all)
        say(figuresText(`a feed on ${places.name}`, figures))
        expect(figures.violations).toEqual([])
        expect(figures.kills).toBeGreaterThan(lane.nths.length * 2)
      },
    )

    it.runIf(places.torn !== undefined)(
      'are found out by the same harness where the writer has no transactions',
      async () => {
        const seed = seedOf(process.env)
        const place = await places.torn!()
        expect(await runQuietly({ url: place.url, until: 60, fed, pageMs: 0, withoutTransactions: true })).toEqual([])
        for (let attempt = 1; ; attempt++) {
          const options = { kills: 80, seed: seed + attempt * 1000, untilViolation: true }
          const { violations } = await killAtRandom({ ...(await places.torn!()), ...options, fed })
          const [first] = violations
          if (first === undefined && attempt < 4) continue
          say(`a feed on ${places.name}: negative control caught, such as: ${first}`)
          expect(first).toBeDefined()
          return
        }
      },
    )

    // Who has a file for himself has no zombies.
    it.skipIf(places.name === 'duckdb')(
      'that only stop it past its lease leave a runner that wakes up and writes nothing',
      async () => {
        await many(lane.zombies, async (at) => {
          const place = await places.empty()
          const told = { url: place.url, until: 120, fed, leaseMs: LEASE_MS, pageMs: 0 }
          const zombie = startVictim(told, [{ point: 'before-batch', nth: 2 + (at % 4), action: 'stop' }])
          expect(await zombie.says('stopping')).toBeDefined()
          await wait(LEASE_MS + 100)
          expect(await runQuietly({ url: place.url, until: 120, fed, pageMs: 0 })).toEqual([])
          const before = await everything(place)
          zombie.kill('SIGCONT')
          await zombie.ended
          const failures = zombie.report()?.tables.flatMap((table) => table.failures.map(({ code }) => code)) ?? []
          expect(failures).toContain('fenced')
          expect(await everything(place)).toBe(before)
        })
        say(`a feed on ${places.name}: ${lane.zombies} runners woke up after they were replaced, 0 rows written`)
      },
    )
  })
}

/** Everything that a commit of a feed leaves: its offset, records and rows. */
async function everything({ connect }: CrashPlace): Promise<string> {
  const destination = await connect()
  try {
    const feeds = [...((await destination.state()).feeds ?? [])]
    const steps = await destination.query(
      'select run, step, batches, rows_written, ended_at from _tidemark_steps order by run, step',
    )
    const rows = [...(await rowsOf(connect))]
    return JSON.stringify([feeds, steps.rows, rows], (_, one) => (typeof one === 'bigint' ? String(one) : one))
  } finally {
    await destination.close()
  }
}
