import { defineSource, type Source, SyncError } from '@tidemark/core'
import { beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { plan, sync } from '../src/index.ts'
import { openMemory } from './system.ts'

const given: unknown[] = []
beforeEach(() => given.splice(0))

function sourceWith(config: z.ZodObject | undefined, name = 'shop'): Source {
  const source = defineSource({ name, config, connect: (parsed) => void given.push(parsed) })
  return source.with([
    source.table({
      name: 'items',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      async *read() {
        yield [{ id: 1 }]
      },
    }),
  ]) as Source
}

// Its output is not what it accepts: a schema that is applied twice refuses it.
const Config = z.object({
  patience: z
    .string()
    .transform((text) => Number.parseInt(text, 10) * 1000)
    .default(30_000),
  paths: z.array(z.string()).optional(),
})

it('is parsed by the engine, once, with its defaults, and a program needs no more than a name and a source', async () => {
  const destination = await openMemory()
  const report = await sync({ sources: [{ name: 'shop', source: sourceWith(Config) }], destination })
  expect(report).toMatchObject({ exitCode: 0, tables: [{ name: 'shop_items', status: 'complete' }] })
  await sync({ sources: [{ name: 'shop', source: sourceWith(Config), config: { patience: '5s' } }], destination })
  expect(given).toEqual([{ patience: 30_000 }, { patience: 5000 }])
})

it.each([
  ['a wrong type', Config, { paths: [7] }, ['sources.shop.config.paths[0]: expected string, received number']],
  ['a key that the schema lacks', Config, { path: [] }, ['sources.shop.config.path: unknown key', '"paths"']],
  ['a source without config', undefined, { url: 'x' }, ['source "shop" takes no config, but the config sets url']],
])('that does not fit ends the run before anything is connected: %s', async (_, schema, config, words) => {
  const destination = await openMemory()
  const sources = [{ name: 'shop', source: sourceWith(schema), config }]
  for (const run of [sync, plan]) {
    const error = await run({ sources, destination }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(SyncError.is(error) && [error.remedy, error.code]).toEqual(['fix-config', 'config'])
    for (const word of words) expect((error as Error).message).toContain(word)
  }
  expect(given).toEqual([])
})

it('of which a function of its schema throws fails its own tables alone', async () => {
  const destination = await openMemory()
  const broken = z.object({ key: z.string().refine(() => Promise.reject(new Error('the vault is sealed'))) })
  const report = await sync({
    sources: [
      { name: 'vault', source: sourceWith(broken, 'vault'), config: { key: 'k' } },
      { name: 'shop', source: sourceWith(Config) },
    ],
    destination,
  })
  expect(report.tables.map(({ name, status }) => [name, status])).toEqual([['shop_items', 'complete']])
  expect(JSON.stringify(report)).toContain('the vault is sealed')
})
