import { listFoldedRuns, listRuns } from '@tidemark/destination'
import { describe, expect, it } from 'vitest'
import { Thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'

/** Laws of what is kept of runs that are over. */
export function testRetention(database: () => TestDatabase): void {
  async function withWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
    const world = await DestinationUnderTest.on(database())
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
        `insert into _tidemark_steps (run, step, name, partition, kind, began_at, batches, duration_ms) ${numbers} select run, 1, 'things', '', 'incremental', ${at}, 1, 1 from n`,
      )
    }
    async function runs({ destination }: DestinationUnderTest, table: '_tidemark_runs' | '_tidemark_steps') {
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

    describe('of steps that changed nothing', () => {
      /** Ended runs by hand, a minute apart: `quiet` changes nothing in any of them, `busy` does in every tenth. */
      async function minutes(count: number, at: bigint): Promise<void> {
        const numbers = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})`
        const began = `${at} + cast(i as bigint) * 60000000`
        await database().execute(
          `insert into _tidemark_runs (run, runner, host, pid, started_at, ended_at, exit_code) ${numbers} select i - ${count}, 'gone', 'h', 1, ${began}, ${began} + 5, 0 from n`,
        )
        for (const [step, table, written] of [
          [1, 'quiet', '0'],
          [2, 'busy', 'case when i % 10 = 0 then 2 else 0 end'],
        ] as const)
          await database().execute(
            `insert into _tidemark_steps (run, step, name, partition, kind, from_position, to_position, began_at, ended_at, batches, rows_read, rows_written, rows_unchanged, duration_ms) ${numbers}
              select i - ${count}, ${step}, '${table}', '', 'incremental', i * 10, i * 10 + 10, ${began}, ${began} + 3, 1, 5, ${written}, 5 - (${written}), 7 from n`,
          )
      }
      const sums = async ({ destination }: DestinationUnderTest) => {
        const runs = (await listRuns(destination)).filter(({ run }) => run < 0)
        const folded = await listFoldedRuns(destination)
        return {
          runs: runs.length + folded.reduce((sum, one) => sum + one.runs, 0),
          steps: runs.reduce((sum, one) => sum + one.steps, 0) + folded.reduce((sum, one) => sum + one.steps, 0),
          read: runs.reduce((sum, one) => sum + one.rows.read, 0) + folded.reduce((sum, one) => sum + one.rowsRead, 0),
          written: runs.reduce((sum, one) => sum + one.rows.written, 0),
        }
      }
      const count = async ({ destination }: DestinationUnderTest, what: string): Promise<number> =>
        Number((await destination.query(`select count(*) from ${what}`)).rows[0]?.[0])

      it('are the records of the newest 500 runs, the sums of older ones, and of each table a record of the day', () =>
        withWorld(async (world) => {
          // Within one day, by the middle of it.
          const noon = ((await world.destination.now()) / day - 2n) * day + day / 4n
          await minutes(600, noon)
          const before = await sums(world)
          expect(before).toEqual({ runs: 600, steps: 1200, read: 6000, written: 120 })
          for (let start = 0; start < 8; start++) await world.destination.startRun()
          expect(await sums(world)).toEqual(before)
          const folded = await count(world, '_tidemark_runs where run < 0 and folded_steps is not null')
          const gone = await count(world, '_tidemark_runs where run < 0')
          // 109 runs are older than the newest 500; of every tenth, its own row and that of its busy table stay.
          expect([folded, 600 - gone]).toEqual([11, 98])
          expect(await count(world, '_tidemark_steps where run < -491')).toBe(11)
          const { rows } = await world.destination.query(
            'select name, steps, first_run, last_run, from_position, to_position, rows_read, duration_ms from _tidemark_folded_steps order by name desc',
          )
          expect(rows.map((row) => row.map(String))).toEqual([
            ['quiet', '109', '-600', '-492', '0', '1090', '545', '763'],
            ['busy', '98', '-599', '-492', '10', '1090', '490', '686'],
          ])
          const [oldest] = (await listRuns(world.destination, { before: -490 })).slice(-1)
          expect(oldest).toMatchObject({
            run: -600,
            tables: 2,
            steps: 2,
            foldedSteps: 1,
            rows: { read: 10, written: 2, unchanged: 8 },
          })
        }))

      it('is bounded by days and not by runs', () =>
        withWorld(async (world) => {
          const noon = ((await world.destination.now()) / day - 2n) * day + day / 4n
          for (const runs of [560, 640]) {
            await minutes(runs, noon)
            for (let start = 0; start < runs / 20; start++) await world.destination.startRun()
            expect(await count(world, "_tidemark_steps where name = 'quiet'")).toBeLessThanOrEqual(500)
            expect(await count(world, "_tidemark_folded_steps where name = 'quiet'")).toBe(1)
            await database().execute('delete from _tidemark_steps; delete from _tidemark_runs where run < 0')
          }
        }))

      it('is not what failed, was rejected, goes on, or ended otherwise', () =>
        withWorld(async (world) => {
          const now = await world.destination.now()
          await minutes(520, now - day)
          await database().execute(
            "update _tidemark_steps set error = 'no' where run = -520 and step = 1; update _tidemark_steps set rows_rejected = 1 where run = -519 and step = 1; update _tidemark_steps set rows_deleted = 1 where run = -518 and step = 1; update _tidemark_steps set ended_at = null where run = -517 and step = 1; update _tidemark_runs set exit_code = 130, ended_by = 'SIGINT' where run = -516",
          )
          for (let start = 0; start < 4; start++) await world.destination.startRun()
          const { rows } = await world.destination.query(
            'select r.run, count(s.step) from _tidemark_runs r left join _tidemark_steps s on s.run = r.run where r.run < -515 group by r.run order by r.run',
          )
          expect(rows.map((row) => row.map(Number))).toEqual([
            [-520, 2],
            [-519, 1],
            [-518, 1],
            [-517, 1],
            [-516, 0],
          ])
        }))

      it('still says where a clock that was ahead began to read too far', () =>
        withWorld(async (world) => {
          const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
          const ahead = await table.begin('incremental', { window: { from: 40n, to: 900n } })
          await table.write([], { step: ahead })
          await minutes(501, (await world.destination.now()) - day)
          await database().execute(
            'update _tidemark_runs set run = run - 1000, ended_at = started_at, exit_code = 0 where run > 0; update _tidemark_steps set run = run - 1000 where run > 0',
          )
          await world.destination.startRun()
          expect(await count(world, `_tidemark_steps where name = '${table.lease.table}'`)).toBe(0)
          await table.record({ kind: 'ahead', partition: '', end: 500n, back: 0n })
          const partition = (await world.destination.state()).tables.get(table.lease.table)!.partitions.get('')!
          expect(partition.resyncs).toMatchObject([{ from: 40n, to: 900n }])
        }))

      it('goes after ninety days', () =>
        withWorld(async (world) => {
          const now = await world.destination.now()
          await minutes(540, now - day)
          for (let start = 0; start < 3; start++) await world.destination.startRun()
          expect(await count(world, '_tidemark_folded_steps')).toBeGreaterThan(0)
          for (const folded of ['_tidemark_folded_steps', '_tidemark_folded_runs'])
            await database().execute(`update ${folded} set day = day - 92`)
          await world.destination.startRun()
          for (const folded of ['_tidemark_folded_steps', '_tidemark_folded_runs'])
            expect(await count(world, `${folded} where day < ${now / day - 90n}`)).toBe(0)
        }))
    })

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
          "insert into _tidemark_leases (id, name, runner, fence, commits, since) values (9, 'held', 'holder', 1, 0, 1)",
        )
        await world.destination.startRun()
        const { rows } = await world.destination.query('select id from _tidemark_runners order by id')
        expect(rows.flat()).toEqual(['holder', 'one', 'young'])
      }))
  })
}
