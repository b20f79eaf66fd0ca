import { defineSource } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { RunWindows } from '../../src/work/run-windows.ts'

it('a job of a table that is read in key ranges reads one of them at a time, and its last commit completes it', async () => {
  const destination = await openDestination({
    url: ':memory:',
    runner: { id: 'worker', host: 'test', pid: 1, startedAt: 1n },
  })
  const shop = defineSource({ name: 'shop' })
  let [open, most] = [0, 0]
  const asked: unknown[] = []
  const source = shop.with([
    shop.table({
      name: 'orders',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      keyRanges: { column: 'id', bounds: () => [100, 200, 300] },
      async *read({ keyRange }) {
        asked.push(keyRange?.from)
        most = Math.max(most, ++open)
        await new Promise((later) => setImmediate(later))
        yield [{ id: keyRange?.from ?? 1 }]
        open--
      },
    }),
  ])
  const engine = new RunWindows({
    destination,
    run: {
      sources: [{ name: 'shop', source: source as never, config: {}, options: {} }],
      destination,
      settings: { perSource: 4 },
    },
  })
  const completed: number[] = []
  const job = {
    source: 'shop',
    table: 'shop_orders',
    partition: '',
    from: undefined,
    to: undefined,
    lane: 'backfill',
  } as const
  const completeWithin = async (): Promise<void> => void completed.push(asked.length)
  const { signal } = new AbortController()
  expect(await engine.run(job, { signal, completeWithin })).toBe('done')
  expect(asked).toEqual([undefined, 100, 200, 300])
  expect(most).toBe(1)
  expect(completed).toEqual([4])
  await engine.close()
  await destination.close()
})
