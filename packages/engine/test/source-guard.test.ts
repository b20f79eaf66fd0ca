import { setTimeout as wait } from 'node:timers/promises'
import { defineSource, register, type Source, SyncError } from '@tidemark/core'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { openMemory } from './system.ts'

const row = z.object({ id: z.int() })

function sourceOf(name: string, read: () => Promise<void> = async () => {}, connect?: () => object): Source {
  const source = defineSource({ name, ...(connect === undefined ? {} : { connect }) })
  const table = source.table({
    name: 'rows',
    row,
    primaryKey: ['id'],
    async *read() {
      await read()
      yield [{ id: 1 }]
    },
  })
  return register(source.with([table as never])) as Source
}

async function runAll(...given: readonly Source[]) {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  const sources = given.map((source) => ({ name: source.name, source, config: {}, options: {} }))
  return sync({ sources, destination })
}

it.each(['destination-lost', 'config', 'clash', 'fenced', 'held', 'unknown-table'])(
  'an error of a source with the code %s, which is the engine\u2019s, fails that source alone',
  async (code) => {
    const fails = async (): Promise<void> => {
      throw new SyncError('as if it were the engine', 'fix-config', { code })
    }
    const read = await runAll(
      sourceOf('bad', fails),
      sourceOf('good', () => wait(20)),
    )
    expect(read.exitCode).toBe(3)
    expect(read.tables.map(({ source, status }) => [source, status])).toEqual([
      ['bad', 'failing'],
      ['good', 'complete'],
    ])
    const connected = await runAll(
      sourceOf('bad', undefined, () => {
        throw new SyncError('as if it were the engine', 'fix-config', { code })
      }),
      sourceOf('good', () => wait(20)),
    )
    expect(connected.exitCode).toBe(3)
    expect(connected.tables.map(({ source, status }) => [source, status])).toEqual([['good', 'complete']])
  },
)
