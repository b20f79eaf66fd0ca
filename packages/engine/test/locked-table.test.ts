import { setImmediate as turn } from 'node:timers/promises'
import { defineSource, type Source, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { openMemory } from './system.ts'

/** A destination that finds a table locked once, and then takes until `free` to prepare it. */
function lockedOnce(destination: Destination, name: string, free: Promise<void>): Destination {
  let isLocked = true
  const prepare: Destination['prepare'] = async (lease, shape) => {
    if (shape.name === name) {
      if (isLocked) {
        isLocked = false
        throw new SyncError('a report has locked it', 'retry', { code: 'table-locked' })
      }
      await free
    }
    return destination.prepare(lease, shape)
  }
  return new Proxy(destination, {
    get(target, key) {
      if (key === 'prepare') return prepare
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

it('a table that was locked is not released while it is prepared again, whatever ends beside it', async () => {
  const memory = await openMemory()
  onTestFinished(() => memory.close())
  const free = Promise.withResolvers<void>()
  const source = defineSource({ name: 'shop' })
  const table = (name: string, more: () => Promise<void>) =>
    source.table({
      name,
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      async *read() {
        await more()
        yield [{ id: 1 }]
      },
    })
  const slow = async (): Promise<void> => {
    // By now the other one is being prepared again; it goes on when the end of this one has been taken in.
    await new Promise((resolve) => setTimeout(resolve, 50))
    setTimeout(free.resolve, 50)
    await turn()
  }
  const shop = source.with([table('locked', async () => {}), table('slow', slow)]) as Source
  const report = await sync({
    sources: [{ name: 'shop', source: shop, config: {}, options: {} }],
    destination: lockedOnce(memory, 'shop_locked', free.promise),
    settings: { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 } },
  })
  expect(report.tables.map(({ name, status, rows }) => [name, status, rows.written])).toEqual([
    ['shop_locked', 'complete', 1],
    ['shop_slow', 'complete', 1],
  ])
  expect(report.exitCode).toBe(0)
})
