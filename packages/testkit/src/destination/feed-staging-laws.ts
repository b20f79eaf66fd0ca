import { beforeEach, describe, expect, it } from 'vitest'
import type { DestinationUnderTest, TestDatabase, TestTable } from './destination-under-test.ts'
import { type FeedUnderTest, ORDERS, openFedWorld, order } from './fed-under-test.ts'

const OPEN = { checkpoint: undefined }

/** Laws of what waits beside a table without a key: rows of its feed until a checkpoint, and those of a chunk until it is shown. */
export function testFeedStaging(database: () => TestDatabase): void {
  describe('beside a table without a key that a feed tells', () => {
    let world: DestinationUnderTest
    let feed: FeedUnderTest
    let lines: TestTable
    beforeEach(async () => {
      ;({ world, feed } = await openFedWorld(database()))
      lines = await feed.table({ ...ORDERS, name: 'lines', primaryKey: [] })
      return () => world.destination.close()
    })

    const fill = (rows: readonly number[]) =>
      feed.tell(lines, { rows: rows.map((id) => order(id)), more: { staging: 'fill' } }, OPEN)
    const move = (rows: readonly number[]) =>
      feed.tell(lines, { rows: rows.map((id) => order(id)), more: { staging: 'move' } })
    async function chunkOf(parts: number) {
      const step = await lines.begin('backfill')
      let number = 0
      return async () => {
        const isLast = ++number === parts
        const completes = isLast && { cover: undefined, chunk: { ordinal: 0 } }
        const batch = await lines.batch([order(100 + number)], { step, number, completes })
        const staging = parts === 1 ? undefined : isLast ? ('move' as const) : ('fill' as const)
        await world.destination.commit(lines.lease, { ...batch, staging })
      }
    }

    it.each([1, 2, 3])(
      'rows of a transaction and those of a chunk in %i parts wait at the same time',
      async (parts) => {
        const part = await chunkOf(parts)
        await fill([1, 2])
        if (parts > 1) await part()
        await fill([3])
        if (parts > 2) await part()
        await move([])
        await fill([4, 5])
        await part()
        await move([6])
        const ids = (await feed.kept('lines')).map(({ id }) => id)
        expect(ids).toEqual([1, 2, 3, 4, 5, 6, ...Array.from({ length: parts }, (_, at) => 101 + at)])
      },
    )
  })
}
