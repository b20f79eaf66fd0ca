import { describe, expect, it } from 'vitest'
import {
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

/** What a quiet run leaves in a database of its own: what every other way must come to. */
async function quietRows(places: Places, until: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const place = await places.empty()
  expect(await runQuietly({ url: place.url, until, pageMs: 0 })).toEqual([])
  return await rowsOf(place.connect)
}

/** Runs to the end, and finds what a quiet run finds. */
async function endsAsQuietly(places: Places, place: CrashPlace, until: number): Promise<void> {
  expect(await runQuietly({ url: place.url, until, pageMs: 0 })).toEqual([])
  expect(await rowsOf(place.connect)).toEqual(await quietRows(places, until))
}

/**
 * Nothing lost and nothing doubled, whatever moment a process dies at.
 *
 * @param kills so many at random moments. Absent: as many as the lane has.
 */
export function testCrashes(places: Places, kills: number = lane.kills): void {
  describe(`crashes on ${places.name}`, { timeout: TIMEOUT }, () => {
    it('at random moments leave every window whole or not there, and end as a quiet run does', async () => {
      const seed = seedOf(process.env)
      const count = Math.ceil(kills / lane.perPlace)
      const all = await many(count, async (at) => {
        const place = await places.empty()
        const figures = await killAtRandom({
          ...place,
          kills: Math.min(kills - at * lane.perPlace, lane.perPlace),
          seed: seed + at,
        })
        await endsAsQuietly(places, place, figures.until)
        return figures
      })
      const figures = addedFigures(all)
      say(figuresText(places.name, figures))
      expect(figures.violations).toEqual([])
      expect(figures.kills).toBe(kills)
    })

    it('at every failpoint leave every window whole or not there, and end as a quiet run does', async () => {
      const all = await many(lane.nths.length, async (at) => {
        const place = await places.empty()
        const figures = await killAtFailpoints({ ...place, nths: [lane.nths[at]!] })
        await endsAsQuietly(places, place, figures.until)
        return figures
      })
      const figures = addedFigures(all)
      say(figuresText(places.name, figures))
      expect(figures.violations).toEqual([])
      expect(figures.kills).toBeGreaterThan(lane.nths.length * 4)
    })

    it('with a failure thrown at every failpoint leave every window whole or not there', async () => {
      const all = await many(lane.nths.length, async (at) => {
        const place = await places.empty()
        const figures = await killAtFailpoints({ ...place, nths: [lane.nths[at]!], action: 'throw' })
        await endsAsQuietly(places, place, figures.until)
        return figures
      })
      const figures = addedFigures(all)
      say(`${places.name}: ${figures.kills} failures thrown at failpoints, ${figures.violations.length} violations`)
      expect(figures.violations).toEqual([])
      expect(figures.kills).toBeGreaterThan(lane.nths.length * 3)
    })

    it.runIf(places.torn !== undefined)(
      'are found out by the same harness where the writer has no transactions',
      async () => {
        const seed = seedOf(process.env)
        // A writer that cannot work at all tears nothing: the ways to take its transactions away may be those of an earlier one.
        const { url } = await places.torn!()
        expect(await runQuietly({ url, until: 60, pageMs: 0, withoutTransactions: true })).toEqual([])
        const all = await many(lane.controls, async (at) => {
          for (let attempt = 1; ; attempt++) {
            const place = await places.torn!()
            // It ends with the first that tears something. How many that takes is chance, and what is torn may keep the writer
            // from going on: on a busy machine two of ten took more than 80, and begin again.
            const options = { kills: 80, seed: seed + at + attempt * 1000, untilViolation: true }
            const figures = await killAtRandom({ ...place, ...options })
            if (figures.violations.length > 0 || attempt === 4) return figures
          }
        })
        const caught = all.filter(({ violations }) => violations.length > 0)
        const first = caught[0]?.violations[0] ?? ''
        say(`${places.name}: negative control caught ${caught.length} of ${all.length} times, such as: ${first}`)
        expect(caught.length).toBeGreaterThanOrEqual(Math.ceil(all.length * 0.9))
      },
    )

    it('while tables are made leave what the next run finishes', async () => {
      await many(lane.shapes, async (at) => {
        const place = await places.empty()
        for (const point of ['before-commit', 'after-commit'] as const) {
          await startVictim({ url: place.url, until: 60, pageMs: 0 }, [{ point, nth: at + 1, action: 'kill' }]).ended
        }
        await endsAsQuietly(places, place, 60)
      })
    })

    it('in the middle of reading a table again leave the rows that were there', async () => {
      for (const table of isLong ? ['crash_whole', 'crash_keyed', 'crash_keyless'] : ['crash_whole']) {
        const place = await places.empty()
        expect(await runQuietly({ url: place.url, until: 200, pageMs: 0 })).toEqual([])
        const before = await rowsOf(place.connect)
        const victim = startVictim({ url: place.url, until: 200, resync: table, pageMs: 0 }, [
          { point: 'before-batch', nth: 2, action: 'kill' },
        ])
        expect((await victim.ended).signal).toBe('SIGKILL')
        expect(await rowsOf(place.connect)).toEqual(before)
        await endsAsQuietly(places, place, 200)
      }
    })

    it('in the middle of reading a table from nothing leave what the next run continues from', async () => {
      const points = ['after-rows', 'after-commit', 'before-batch'] as const
      for (const point of isLong ? points : points.slice(0, 1)) {
        const place = await places.empty()
        expect(await runQuietly({ url: place.url, until: 200, pageMs: 0 })).toEqual([])
        const victim = startVictim({ url: place.url, until: 200, resync: 'crash_keyed', full: true, pageMs: 0 }, [
          { point, nth: 3, action: 'kill' },
        ])
        expect((await victim.ended).signal).toBe('SIGKILL')
        await endsAsQuietly(places, place, 200)
      }
    })

    it('and an old copy put back go on from what the copy says', async () => {
      const place = await places.empty()
      for (const until of [100, 200]) expect(await runQuietly({ url: place.url, until, pageMs: 0 })).toEqual([])
      const putBack = await place.backup()
      for (const until of [300, 400, 500]) expect(await runQuietly({ url: place.url, until, pageMs: 0 })).toEqual([])
      await putBack()
      await endsAsQuietly(places, place, 500)
    })
  })
}
