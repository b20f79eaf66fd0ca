import { deleted, SyncError } from '@tidemark/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { destination, fill, row, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run } from './system.ts'

useMemoryWorld()

it('what another system has synced up to noon leaves the day of a date cursor to be read', async () => {
  const day = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
  system.now = 10 * 86_400
  const spec = {
    row: z.object({ id: z.int(), at: z.iso.date(), text: z.string() }),
    minAge: undefined,
    lookback: undefined,
    async *read({ from, to }: { from: string; to: string }) {
      yield Array.from({ length: 12 }, (_, id) => ({ id, at: day(id), text: 'a' })).filter(
        (one) => (from === undefined || one.at >= from) && one.at < to,
      )
    },
  }
  await run({
    system,
    destination,
    spec,
    options: { settings: { synced: { tables: ['events'], to: '1970-01-06T12:00:00Z' } } },
  })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).toContain(5) // 1970-01-06: half of the day came after noon
})

it('what another system has synced up to noon leaves the day of a date cursor to be read, also where the read is stopped past the window', async () => {
  fill(40, 10)
  await run({ system, destination })
  system.now = 2000
  for (let id = 100; id < 130; id++) system.put(row(id, 1000 + (id - 100) * 20))
  system.put(row(900, 5000))
  system.remove(3)
  const all = () => system.all().sort((a, b) => a.at - b.at)
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from: string }) {
      const low = from === undefined ? -Infinity : Date.parse(from) / 1000
      const rows = all().filter((one) => one.at >= low)
      for (let i = 0; i < rows.length; i += 5)
        yield rows.slice(i, i + 5).map((one) => ({ ...one, at: instant(one.at) }))
      yield deleted([{ id: 3 }])
    },
  }
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('a claim is not lost where the first run broke before it was recorded', async () => {
  fill(20)
  let broken = true
  const d = new Proxy(destination, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'record') return member.bind(target)
      return (lease: never, facts: never) => {
        if (broken) {
          broken = false
          throw new SyncError('gone', 'retry', { code: 'destination-full' })
        }
        return target.record(lease, facts)
      }
    },
  })
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  await run({ system, destination: d, options: { settings } })
  await run({ system, destination: d, options: { settings } })
  expect((await rowsIn(destination)).length).toBe(10)
})

it('assumed stays assumed when the contract changes', async () => {
  fill(20)
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  const all = [{ from: undefined, to: instant(1000) }]
  const spec = {
    revision: ({ previous }: { previous?: string }) => ({ revision: 'r1', stale: previous === undefined ? all : [] }),
  }
  await run({ system, destination, spec, options: { settings } })
  system.now = 1100
  await run({
    system,
    destination,
    spec: {
      ...spec,
      row: z.object({ id: z.int(), at: z.iso.datetime(), text: z.string(), more: z.string().optional() }),
    },
    options: { settings },
  })
  expect((await rowsIn(destination)).length).toBe(10)
})

it('end undefined on the first run, claim', async () => {
  fill(20)
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  let end: string | undefined
  const spec = { end: () => end }
  await run({ system, destination, spec, options: { settings } })
  end = instant(1000)
  await run({ system, destination, spec, options: { settings } })
  expect((await rowsIn(destination)).length).toBe(10)
})
