import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'
import { withTwoRunners } from './two-runners.ts'

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Laws of who may write: leases, and the fence that stops who was replaced. */
export function testLeases(database: () => TestDatabase): void {
  async function withWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
    const world = await DestinationUnderTest.on(database())
    await use(world).finally(() => world.destination.close())
  }
  const withTwo = (use: Parameters<typeof withTwoRunners>[1], more?: Parameters<typeof withTwoRunners>[2]) =>
    withTwoRunners(database(), use, more)

  describe('a lease', () => {
    it('is refused while another runner holds it, and says who', () =>
      withTwo(async (one, two) => {
        await one.lease('things')
        const { leases, refused } = await two.destination.lease(['free', 'things'])
        expect(leases.map(({ table }) => table)).toEqual(['free'])
        expect(refused).toMatchObject([{ table: 'things', host: 'test-host', pid: 4711 }])
        expect(refused[0]!.until).toBeGreaterThan(refused[0]!.since)
      }))

    it('passes on when it is released, under the same id and a higher fence', () =>
      withTwo(async (one, two) => {
        const first = await one.lease('things')
        await one.destination.release([first])
        const second = await two.lease('things')
        expect(second.id).toBe(first.id)
        expect(second.fence).toBeGreaterThan(first.fence)
      }))

    it('passes on when its runner was silent for too long; that one then writes nothing', () =>
      withTwo(
        async (one, two) => {
          const old = await one.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
          await sleep(150)
          const table = await two.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
          await expect(old.write([thing(1, 1)])).rejects.toSatisfy(
            (error) => SyncError.is(error) && error.code === 'fenced',
          )
          await expect(old.record({ kind: 'resync', partition: '', window: undefined, reason: 'x' })).rejects.toThrow(
            'another runner',
          )
          await expect(one.destination.reset(old.lease, 'things')).rejects.toThrow('another runner')
          expect(await table.incremental()).toEqual([])
          await table.write([thing(2, 2)])
          expect(await table.column('id')).toEqual([2n])
        },
        { leaseMs: 60 },
      ))

    it('stays while its runner gives signs of life', () =>
      withTwo(
        async (one, two) => {
          await one.lease('things')
          for (let beat = 0; beat < 4; beat++) {
            await sleep(60)
            await one.destination.renew()
          }
          expect((await two.destination.lease(['things'])).refused).toHaveLength(1)
        },
        { leaseMs: 200 },
      ))

    it('of a process on this host that is dead is free at once', () =>
      withTwo(
        async (one, two) => {
          await one.lease('things')
          expect(await two.lease('things')).toMatchObject({ table: 'things' })
        },
        { isAlive: ({ id }: { id: string }) => id !== 'one' },
      ))

    it('of a process of which nothing is known stays until its heartbeat is too old', () =>
      withTwo(
        async (one, two) => {
          await one.lease('things')
          expect((await two.destination.lease(['things'])).refused).toHaveLength(1)
        },
        { isAlive: () => undefined },
      ))

    it('taken again by its own runner stops what that one began before', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'] })
        await world.lease('things')
        await expect(table.write([thing(1, 1)])).rejects.toThrow('another runner')
      }))

    it('goes with its runner', () =>
      withTwo(async (one, two) => {
        await one.lease('things')
        await one.destination.recordRun(one.run, [{ kind: 'runner-gone' }])
        await two.lease('things')
      }))

    it('released late does not take it from its next holder', () =>
      withTwo(async (one, two) => {
        const first = await one.lease('things')
        await one.destination.release([first])
        await two.lease('things')
        await one.destination.release([first])
        expect((await one.destination.lease(['things'])).refused).toHaveLength(1)
      }))
  })
}
