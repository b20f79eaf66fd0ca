import { describe, expect, it } from 'vitest'
import { Checker, runQuietly, startVictim } from '../src/crash-harness.ts'
import { testCrashes } from './crash-laws.ts'
import { testFeedCrashes } from './feed-crash-laws.ts'
import { lane, TIMEOUT } from './lane.ts'
import { duckdbPlaces } from './places.ts'

const UNTIL = 200

// Half as many as elsewhere, and fewer in CI: only one process has the file at a time, and each kill takes long.
testCrashes(duckdbPlaces, lane.duckdb.kills)
testFeedCrashes(duckdbPlaces, lane.duckdb.feedKills)

describe('runners on duckdb', { timeout: TIMEOUT }, () => {
  it('have the file one after the other: the second is refused while the first writes, and nothing is lost', async () => {
    const place = await duckdbPlaces.empty()
    const first = startVictim({ url: place.url, until: UNTIL, pageMs: 5 })
    await first.says('running')
    const second = startVictim({ url: place.url, until: UNTIL, busyMs: 100 })
    expect((await second.ended).code).toBe(1)
    expect(second.lines.at(-1)).toMatchObject({ type: 'error', code: 'destination-locked' })
    expect(second.lines.at(-1)).toMatchObject({
      message: expect.stringContaining(`the database ${place.shown} is open in another program (process ${first.pid})`),
    })
    expect((await first.ended).code).toBe(0)
    expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
    expect(await new Checker(place.connect).check(UNTIL, first.lines)).toEqual([])
  })

  it('that start together both do their work where the second one waits long enough', async () => {
    const place = await duckdbPlaces.empty()
    const racers = [1, 2].map(() => startVictim({ url: place.url, until: UNTIL, pageMs: 0, busyMs: 60_000 }))
    for (const racer of racers) expect((await racer.ended).code).toBe(0)
    expect(
      await new Checker(place.connect).check(
        UNTIL,
        racers.flatMap(({ lines }) => lines),
      ),
    ).toEqual([])
  })

  it('one that stands still is named by its process, and frees the file when it is gone', async () => {
    const place = await duckdbPlaces.empty()
    const stopped = startVictim({ url: place.url, until: UNTIL, pageMs: 0 }, [
      { point: 'after-rows', nth: 1, action: 'stop' },
    ])
    await stopped.says('stopping')
    const other = startVictim({ url: place.url, until: UNTIL, busyMs: 300 })
    expect((await other.ended).code).toBe(1)
    expect(other.lines.at(-1)).toMatchObject({ code: 'destination-locked' })
    stopped.kill('SIGKILL')
    await stopped.ended
    expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
    expect(await new Checker(place.connect).check(UNTIL)).toEqual([])
  })
})
