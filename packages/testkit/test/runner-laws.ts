import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Checker, randomOf, rowsOf, runQuietly, seedOf, startVictim, type Victim } from '../src/crash-harness.ts'
import { isLong, lane, many, TIMEOUT } from './lane.ts'
import type { CrashPlace, Places } from './places.ts'

const say = (text: string): void => console.log(text)
const UNTIL = 200
const LEASE_MS = 400

/** Everything that a commit leaves: records, rows and coverage. */
async function everything({ connect }: CrashPlace): Promise<string> {
  const destination = await connect()
  try {
    const steps = await destination.query(
      'select run, step, batches, rows_written, rows_rejected, ended_at from _tidemark_steps order by run, step',
    )
    const covered = await destination.query('select * from tidemark_coverage order by 1, 2, 3, 4')
    const rows = [...(await rowsOf(connect))]
    return JSON.stringify([steps.rows, covered.rows, rows], (_, one) => (typeof one === 'bigint' ? String(one) : one))
  } finally {
    await destination.close()
  }
}

async function numbers({ connect }: CrashPlace, statement: string): Promise<readonly number[]> {
  const destination = await connect()
  try {
    return ((await destination.query(statement)).rows[0] ?? []).map(Number)
  } finally {
    await destination.close()
  }
}

const isHeld = (victim: Victim): boolean => victim.report()?.exitCode === 7

/** Several runners on one database share or refuse work, and one that was replaced writes nothing. */
export function testRunners(places: Places): void {
  describe(`runners on ${places.name}`, { timeout: TIMEOUT }, () => {
    it('that start together read each window once, and the loser says who holds the tables', async () => {
      const outcomes = await many(lane.races, async (at) => {
        const place = await places.empty()
        // A new database, which both make; or one that is there, so that they meet at the leases.
        const waitsBefore = at % 2 === 0 ? 'open' : 'run'
        const racers = [1, 2].map(() => startVictim({ url: place.url, until: UNTIL, pageMs: 2, waitsBefore }))
        for (const racer of racers) await racer.says('waiting')
        for (const racer of racers) racer.go()
        for (const racer of racers) await racer.ended
        const losers = racers.filter(isHeld)
        const winners = racers.filter((racer) => racer.report()?.exitCode === 0)
        expect(racers.map((racer) => [racer.stderr(), racer.lines.at(-1)?.type])).toEqual([
          ['', 'report'],
          ['', 'report'],
        ])
        const unexpected = racers.filter((racer) => !isHeld(racer) && racer.report()?.exitCode !== 0)
        expect(unexpected.map((racer) => racer.report())).toEqual([])
        for (const loser of losers) {
          const holders = loser.report()!.tables.map(({ heldBy }) => heldBy)
          expect(new Set(holders.map((holder) => holder?.pid))).toEqual(new Set([winners[0]!.pid]))
          for (const holder of holders) expect(holder!.until).toBeGreaterThan(holder!.since)
        }
        expect(
          await new Checker(place.connect).check(
            UNTIL,
            racers.flatMap(({ lines }) => lines),
          ),
        ).toEqual([])
        const done = "ended_at is not null and error is null and kind in ('incremental', 'backfill')"
        const window = "name || ' ' || partition || ' ' || to_position"
        const downwards = "case when name = 'crash_descending' then 1 else 0 end"
        const [steps, windows, down] = await numbers(
          place,
          `select count(*), count(distinct ${window}), sum(${downwards}) from _tidemark_steps where ${done}`,
        )
        expect(windows).toBe(steps)
        // Two windows of `keyed`, one of `ascending`, two of `keyless`, and two in each of three partitions.
        expect(steps! - down!).toBe(11)
        // Of `descending`, which has no start: two, one that is empty, what is below, and at most one that had begun beside the
        // empty one.
        expect([4, 5]).toContain(down)
        expect(await numbers(place, 'select count(*) from _tidemark_meta')).toEqual([1])
        return losers.length
      })
      const refused = outcomes.reduce((sum, one) => sum + one, 0)
      say(`${places.name}: ${lane.races} races of two runners, ${refused} were refused, each window once`)
      if (isLong) expect(refused).toBeGreaterThan(lane.races / 2)
    })

    it('that were stopped past their lease and wake up write nothing', async () => {
      const seed = seedOf(process.env)
      const random = randomOf(seed)
      const nths = Array.from({ length: lane.zombies }, () => 1 + random.below(8))
      await many(lane.zombies, async (at) => {
        const place = await places.empty()
        // One step at a time, so that it is in no other one's transaction when it stops.
        const told = { url: place.url, until: UNTIL, leaseMs: LEASE_MS, concurrency: 1, pageMs: 0 }
        const zombie = startVictim(told, [{ point: 'before-batch', nth: nths[at], action: 'stop' }])
        expect(await zombie.says('stopping')).toBeDefined()
        await wait(LEASE_MS + 100)
        expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
        const before = await everything(place)
        zombie.kill('SIGCONT')
        await zombie.ended
        const failures = zombie.report()?.tables.flatMap((table) => table.failures.map(({ code }) => code)) ?? []
        expect(failures).toContain('fenced')
        expect(await everything(place)).toBe(before)
      })
      say(`${places.name}: ${lane.zombies} runners woke up after they were replaced (seed ${seed}), 0 rows written`)
    })

    it.runIf(places.singleWriter)(
      'one that stands still inside its transaction is named by its file, and frees it when it is gone',
      async () => {
        const place = await places.empty()
        expect(await runQuietly({ url: place.url, until: 60, pageMs: 0 })).toEqual([])
        const stopped = startVictim({ url: place.url, until: UNTIL, pageMs: 0 }, [
          { point: 'after-rows', nth: 1, action: 'stop' },
        ])
        await stopped.says('stopping')
        const other = startVictim({ url: place.url, until: UNTIL, busyMs: 300 })
        expect((await other.ended).code).toBe(6)
        expect(other.report()?.failure).toContain(place.shown)
        expect(other.report()?.failure).toContain('locked by another program')
        stopped.kill('SIGKILL')
        await stopped.ended
        expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
        expect(await new Checker(place.connect).check(UNTIL)).toEqual([])
      },
    )

    it('one that died on another host before its first sign of life is replaced after its lease, not before', async () => {
      const place = await places.empty()
      const dead = startVictim({ url: place.url, until: UNTIL, leaseMs: 3000, host: 'elsewhere', pageMs: 0 }, [
        { point: 'before-batch', nth: 1, action: 'kill' },
      ])
      expect((await dead.ended).signal).toBe('SIGKILL')
      const early = startVictim({ url: place.url, until: UNTIL, pageMs: 0 })
      expect((await early.ended).code).toBe(7)
      const [holder] = early.report()!.tables
      expect(holder!.heldBy).toMatchObject({ host: 'elsewhere', pid: dead.pid })
      expect(holder!.heldBy!.until - holder!.heldBy!.since).toBeLessThan(4_000_000)
      await wait(3100)
      expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
    })

    it('are read from while they write, and nobody waits or sees half a window', async () => {
      const place = await places.empty()
      const checker = new Checker(place.connect)
      let looks = 0
      for (let until = 60; looks < lane.looks; until += 120) {
        const victim = startVictim({ url: place.url, until, pageMs: 2 })
        await victim.says('running')
        let isOver = false
        void victim.ended.then(() => {
          isOver = true
        })
        while (!isOver) {
          expect(await checker.checkMoment(until)).toEqual([])
          looks++
          await wait(1)
        }
        expect(victim.report()?.exitCode).toBe(0)
      }
      say(`${places.name}: looked ${looks} times while a runner wrote`)
    })
  })
}
