import { SyncError } from '@tidemark/core'
import type { Batch, Destination } from '@tidemark/core/engine'
import { expect, it } from 'vitest'
import { destination, fill, system, useMemoryWorld } from './memory-world.ts'
import { instant, run } from './system.ts'

useMemoryWorld()

it('fields that no column holds are recorded, also where the commit that says so failed and was tried again', async () => {
  fill(3)
  let failed = 0
  const broken = new Proxy(destination, {
    get(target, name: keyof Destination) {
      const member = target[name] as unknown
      if (typeof member !== 'function') return member
      if (name !== 'commit') return member.bind(target)
      return async (lease: never, batch: Batch) => {
        if (batch.completes?.last === true && failed++ === 0)
          throw new SyncError('the database went away', 'retry', { retryAfterMs: 1 })
        return await target.commit(lease, batch)
      }
    },
  })
  const spec = {
    async *read() {
      yield system.all().map((row) => ({ ...row, at: instant(row.at), surprise: 1 }))
    },
  }
  const report = await run({ system, destination: broken, spec })
  expect(failed).toBeGreaterThan(1)
  expect(report.exitCode).toBe(0)
  expect((await destination.state()).tables.get('memory_events')?.undeclared).toEqual(['surprise'])
})
