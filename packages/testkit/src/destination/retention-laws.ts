import { describe, expect, it } from 'vitest'
import { type TestDatabase, World } from './world.ts'

/** Laws of what is kept of runs that are over. */
export function testRetention(database: () => TestDatabase): void {
  async function withWorld(use: (world: World) => Promise<void>): Promise<void> {
    const world = await World.on(database())
    await use(world).finally(() => world.destination.close())
  }
  describe('what is kept of the past', () => {
    const day = 86_400_000_000n
    /** Makes ended runs by hand, with a step each; negative numbers stand before all others. */
    async function past(first: number, count: number, at: bigint): Promise<void> {
      const numbers = `with recursive n(run) as (select ${first} union all select run + 1 from n where run < ${first + count - 1})`
      await database().execute(
        `insert into _tidemark_runs (run, runner, host, pid, started_at, ended_at) ${numbers} select run, 'gone', 'h', 1, ${at}, ${at} from n`,
      )
      await database().execute(
        `insert into _tidemark_steps (run, step, name, partition, kind, began_at, parts, duration_ms) ${numbers} select run, 1, 'things', '', 'live', ${at}, 1, 1 from n`,
      )
    }
    async function runs({ destination }: World, table: '_tidemark_runs' | '_tidemark_steps') {
      const { rows } = await destination.query(`select min(run), count(*) from ${table} where run < 0`)
      return rows[0]!.map((value) => (value === null ? null : Number(value)))
    }

    it('are the newest thousand runs, however old', () =>
      withWorld(async (world) => {
        await past(-1005, 1005, (await world.destination.now()) - 91n * day)
        await world.destination.startRun()
        // Of all 1,007 there are now, two by the world itself.
        expect(await runs(world, '_tidemark_runs')).toEqual([-998, 998])
        expect(await runs(world, '_tidemark_steps')).toEqual([-998, 998])
      }))

    it('are all runs of ninety days, however many', () =>
      withWorld(async (world) => {
        await past(-1200, 1200, (await world.destination.now()) - 89n * day)
        await world.destination.startRun()
        expect(await runs(world, '_tidemark_runs')).toEqual([-1200, 1200])
        expect(await runs(world, '_tidemark_steps')).toEqual([-1200, 1200])
      }))

    it('goes bit by bit, so that a run that starts does not wait for long', () =>
      withWorld(async (world) => {
        await past(-2000, 2000, (await world.destination.now()) - 91n * day)
        let left = 2000
        for (let start = 0; start < 30 && left > 1000; start++) {
          await world.destination.startRun()
          const [, now] = await runs(world, '_tidemark_runs')
          expect(now).toBeLessThan(left)
          left = now!
        }
        expect(left).toBeLessThanOrEqual(1000)
      }))

    it('is no runner that is dead for a day and holds nothing', () =>
      withWorld(async (world) => {
        const now = await world.destination.now()
        for (const [id, heartbeat] of [
          ['old', now - 2n * day],
          ['holder', now - 2n * day],
          ['young', now - day / 2n],
        ])
          await database().execute(
            `insert into _tidemark_runners (id, host, pid, started_at, heartbeat_at, lease_ms) values ('${id}', 'h', 1, 1, ${heartbeat}, 1000)`,
          )
        await database().execute(
          "insert into _tidemark_leases (name, runner, fence, commits, since) values ('held', 'holder', 1, 0, 1)",
        )
        await world.destination.startRun()
        const { rows } = await world.destination.query('select id from _tidemark_runners order by id')
        expect(rows.flat()).toEqual(['holder', 'one', 'young'])
      }))
  })
}
