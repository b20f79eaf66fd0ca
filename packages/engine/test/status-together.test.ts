import type { Batch, Committed, Destination, Lease } from '@tidemark/core/engine'
import { expect, it } from 'vitest'
import { openMemory, run, System } from './system.ts'

/** Holds back the first commits that end a step until so many are on their way, as a slow database does. */
function together(destination: Destination, count: number): Destination {
  let waiting: (() => void)[] = []
  const commit = async (lease: Lease, batch: Batch): Promise<Committed> => {
    if (batch.completes?.last === true && count > 0) {
      await new Promise<void>((done) => {
        waiting.push(done)
        if (waiting.length < count) return
        count = 0
        for (const go of waiting) go()
        waiting = []
      })
    }
    return await destination.commit(lease, batch)
  }
  return new Proxy(destination, {
    get: (target, name) => {
      if (name === 'commit') return commit
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

it('a table is complete when the last two of its partitions are committed at the same time', async () => {
  const system = new System()
  system.rows = new Map(['a', 'b'].map((name, id) => [name, [{ id, at: 10, text: name }]]))
  const destination = await openMemory()
  const report = await run({ system, destination: together(destination, 2) })
  expect(report.tables[0]?.status).toBe('complete')
  expect((await destination.state()).tables.get('memory_events')?.status).toBe('complete')
  await destination.close()
})
