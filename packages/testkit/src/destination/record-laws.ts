import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'

/** Laws of the records of what was done: steps that go on, attempts, writing, changes of shape. */
export function testRecords(database: () => TestDatabase): void {
  async function withWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
    const world = await DestinationUnderTest.on(database())
    await use(world).finally(() => world.destination.close())
  }

  describe('the record of a step', () => {
    it('is there while it reads, without rows, and its parts add to it', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const step = { ...(await table.begin('incremental', { window: { from: 0n, to: 100n } })), attempt: 3 }
        await table.record({ kind: 'started', step })
        const ask = async () =>
          (
            await world.destination.query(
              'select attempt, batches, rows_read, rows_written, ended_at from _tidemark_steps',
            )
          ).rows
        expect(await ask()).toEqual([[3, 0, 0, 0, null]])
        await table.write([thing(1, 1)], { step })
        // Said too late: what was committed stays.
        await table.record({ kind: 'started', step })
        expect((await ask()).map((row) => row.slice(0, 4))).toEqual([[3, 1, 1, 1]])
        expect((await ask())[0]?.[4]).not.toBeNull()
      }))

    it('holds how long it took, not the sum of what each part says, and what writing took of it', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const step = await table.begin('incremental', { window: { from: 0n, to: 100n } })
        for (const [number, durationMs] of [10, 40, 30].entries()) {
          const batch = await table.batch([thing(number, number)], { step })
          await world.destination.commit(table.lease, {
            ...batch,
            number: number + 1,
            durationMs,
            completes: undefined,
          })
        }
        const { rows } = await world.destination.query('select duration_ms, writing_ms from _tidemark_steps')
        expect(rows[0]?.[0]).toBe(40)
        expect(Number(rows[0]?.[1])).toBeGreaterThanOrEqual(0)
        expect(Number(rows[0]?.[1])).toBeLessThan(60_000)
      }))
  })

  it('changes of a shape are kept, each with its time', () =>
    withWorld(async (world) => {
      const row = z.object({ id: z.int(), at: z.int() })
      await world.table({ row, primaryKey: ['id'] })
      await world.table({ row, primaryKey: ['id'] })
      await world.table({ row: row.extend({ note: z.string() }), primaryKey: ['id'] })
      const { rows } = await world.destination.query(
        'select name, change, changed_at from _tidemark_changes order by id',
      )
      expect(rows.map(([name, change]) => [name, change])).toEqual([
        ['things', 'table created'],
        ['things', 'column "note" added'],
      ])
      expect(rows.every(([, , at]) => Number(at) > 1_700_000_000_000_000)).toBe(true)
    }))
}
