import { defineSource, type Source } from '@tidemark/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/sync.ts'
import { openMemory } from './system.ts'

const source = defineSource({ name: 'shop' })
const table = (name: string) =>
  source.table({
    name,
    row: z.object({ id: z.int() }),
    primaryKey: ['id'],
    async *read() {
      yield [{ id: 1 }]
    },
  })

it('a source that lists no table any more fails its tables, and removes none; one table less is removed', async () => {
  const destination = await openMemory()
  let listed = ['orders', 'lines']
  const found = source.with(async () => listed.map(table)) as Source
  const run = () => sync({ uses: [{ name: 'shop', source: found, config: {}, options: {} }], destination })
  const statuses = async () =>
    [...(await destination.state()).tables.values()].map(({ table: name, status }) => [name, status])
  expect((await run()).exitCode).toBe(0)
  listed = []
  const none = await run()
  expect(none.exitCode).toBe(5)
  expect(none.sources[0]?.failure).toMatchObject({ code: 'no-tables', message: expect.stringContaining('it had 2') })
  expect(await statuses()).toEqual([
    ['lines', 'failing'],
    ['orders', 'failing'],
  ])
  listed = ['orders']
  expect((await run()).exitCode).toBe(0)
  expect(await statuses()).toEqual([
    ['lines', 'removed'],
    ['orders', 'live'],
  ])
  await destination.close()
})
