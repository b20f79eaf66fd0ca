import { describe, expect, it } from 'vitest'
import {
  FedChecker,
  figuresText,
  killAtFailpoints,
  killAtRandom,
  lookAtChunks,
  rowsOf,
  runQuietly,
  seedOf,
} from '../src/crash-harness.ts'
import { addedFigures } from './added-figures.ts'
import { isLong, lane, many, TIMEOUT } from './lane.ts'
import type { CrashPlace, Places } from './places.ts'

const say = (text: string): void => console.log(text)
const QUIET = { chunked: { growth: 0 }, pageMs: 0 }

/** Runs to the end, and finds what a quiet run finds in a database of its own. */
async function endsAsQuietly(places: Places, place: CrashPlace, until: number): Promise<void> {
  expect(await runQuietly({ url: place.url, until, ...QUIET })).toEqual([])
  expect(await new FedChecker(place.connect, lookAtChunks).check(until)).toEqual([])
  const quiet = await places.empty()
  expect(await runQuietly({ url: quiet.url, until, ...QUIET })).toEqual([])
  expect(await rowsOf(place.connect)).toEqual(await rowsOf(quiet.connect))
}

/**
 * Chunks beside a feed are there whole or not at all, and never ahead of it, whatever moment a process dies at: while they are
 * read, staged, wait for the feed, or are written.
 */
export function testChunkCrashes(places: Places, kills = lane.feedKills): void {
  describe(`crashes of chunks beside a feed on ${places.name}`, { timeout: TIMEOUT }, () => {
    it('at random moments leave no row ahead of the offset, and end as a quiet run does', async () => {
      const seed = seedOf(process.env)
      // In many places: each is read again and again until it is whole.
      const perPlace = Math.ceil(lane.perPlace / 2)
      const all = await many(Math.ceil(kills / perPlace), async (at) => {
        const place = await places.empty()
        const count = Math.min(kills - at * perPlace, perPlace)
        const figures = await killAtRandom({ ...place, chunked: {}, kills: count, seed: seed + at })
        await endsAsQuietly(places, place, figures.until)
        return figures
      })
      const figures = addedFigures(all)
      const { reading, waiting } = figures.chunks
      say(
        `${figuresText(`chunks on ${places.name}`, figures)}; ${reading} while a chunk was read, ${waiting} while one waited`,
      )
      expect(figures.violations).toEqual([])
      expect(figures.kills).toBe(kills)
      // Of few kills it is chance.
      if (kills >= 100) expect(Math.min(reading, waiting)).toBeGreaterThan(0)
    })

    it.each(isLong ? (['kill', 'throw'] as const) : (['kill'] as const))(
      'at every failpoint (%s) leave no row ahead of the offset, and end as a quiet run does',
      async (action) => {
        const all = await many(lane.nths.length, async (at) => {
          const place = await places.empty()
          const figures = await killAtFailpoints({ ...place, chunked: {}, nths: [lane.nths[at]! * 3], action })
          await endsAsQuietly(places, place, figures.until)
          return figures
        })
        const figures = addedFigures(all)
        say(figuresText(`chunks on ${places.name}`, figures))
        expect(figures.violations).toEqual([])
        expect(figures.kills).toBeGreaterThan(lane.nths.length * 2)
      },
    )

    it('are found out by the same harness where a chunk is shown too early', async () => {
      const seed = seedOf(process.env)
      for (let attempt = 1; ; attempt++) {
        const place = await places.empty()
        const options = { kills: 20, seed: seed + attempt * 1000, untilViolation: true }
        const { violations } = await killAtRandom({ ...place, ...options, chunked: { showsEarly: true } })
        const [first] = violations
        // On a machine that has much other work, all moments of an attempt may be too early.
        if (first === undefined && attempt < 12) continue
        say(`chunks on ${places.name}: shown too early, caught, such as: ${first}`)
        expect(first).toMatch(/: crash_kept: .*the row \d+ is/)
        return
      }
    })
  })
}
