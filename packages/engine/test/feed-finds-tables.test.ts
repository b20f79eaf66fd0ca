import { columnsChanged, defineSource, feedLost, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, Lines, openMemory } from './system.ts'
import { toldIn, toldRow } from './told.ts'

let destination: Destination
beforeEach(async () => {
  destination = await openMemory()
})
afterEach(() => destination.close())

type Entry = readonly [table: string, id: number] | 'commit' | 'broken'

/** A log of entries whose tables are found at run time: those of `listed`, and what `read` came upon. */
function finding(entries: readonly Entry[], listed: readonly string[], finds = true) {
  const known = new Set(listed)
  const readFrom: (number | undefined)[] = []
  let isBroken = false
  const memory = defineSource({ name: 'memory' })
  const feed = memory.feed({ name: 'log', offset: z.object({ at: z.int() }) })
  const table = (name: string) => feed.table({ name, row: toldRow, primaryKey: ['id'] })
  const source = memory.with([
    feed.of(() => [...known].map(table) as never, {
      async *read({ offset }) {
        readFrom.push(offset?.at)
        for (let index = offset?.at ?? 0; index < entries.length; index++) {
          const entry = entries[index]!
          if (entry === 'commit') yield feed.checkpoint({ at: index + 1 }, { waits: true })
          else if (entry === 'broken') {
            if (isBroken) continue
            isBroken = true
            throw feedLost('nothing is lost, as it turns out')
          } else if (known.has(entry[0])) yield table(entry[0]).upserted([{ id: entry[1], note: 'n', total: index }])
          else {
            if (finds) known.add(entry[0])
            throw columnsChanged(`table "${entry[0]}" is new`)
          }
        }
      },
    }),
  ]) as Source
  return { source, readFrom }
}

async function run(source: Source, options: object = {}) {
  const lines = new Lines()
  const sources = [{ name: 'memory', source, config: {}, options }]
  return { ...(await sync({ sources, destination, clock: fixedClock(at(1000)), log: lines })), lines: lines.lines }
}

const ids = async (table: string) => (await toldIn(destination, `memory_${table}`)).map(({ id }) => id)

it('a feed takes in tables that it comes upon, and reads on from its offset', async () => {
  const log = finding([['a', 1], 'commit', ['a', 2], ['b', 1], ['c', 1], 'commit', ['b', 2], 'commit'], ['a'])
  const report = await run(log.source)
  expect(report.exitCode).toBe(0)
  expect(report.tables.map(({ name, status }) => [name, status])).toEqual(
    ['a', 'b', 'c'].map((name) => [`memory_${name}`, 'complete']),
  )
  expect([await ids('a'), await ids('b'), await ids('c')]).toEqual([[1, 2], [1, 2], [1]])
  expect(log.readFrom[0]).toBe(undefined)
  const { feeds } = await destination.state()
  expect(feeds?.get('memory/log')).toMatchObject({ offset: '{"at":8}', leftOut: [] })
  // They are its tables from here on.
  const again = finding([['b', 3], 'commit'], ['a', 'b', 'c'])
  expect((await run(again.source)).exitCode).toBe(0)
})

it('a table that the config leaves out is left out where it is found as well', async () => {
  // It was there once, so that the config may name it.
  await run(finding([['b', 1], 'commit'], ['b']).source)
  const log = finding(['commit', 'commit', ['a', 1], ['b', 2], ['a', 2], 'commit'], ['a'])
  expect((await run(log.source, { tables: { b: false } })).exitCode).toBe(0)
  expect([await ids('a'), await ids('b')]).toEqual([[1, 2], [1]])
})

it('a feed that finds nothing though it says so fails, and keeps what it had', async () => {
  const log = finding([['a', 1], 'commit', ['b', 1], 'commit'], ['a'], false)
  const report = await run(log.source)
  expect(report.exitCode).not.toBe(0)
  expect(await ids('a')).toEqual([1])
})

it('a table that was found joins the feed once, also where that is asked what it has lost', async () => {
  const log = finding([['a', 1], 'commit', ['b', 1], 'commit', 'broken', ['b', 2], 'commit'], ['a'])
  expect((await run(log.source)).exitCode).toBe(0)
  expect(await ids('b')).toEqual([1, 2])
  const { fed } = (await destination.state()).tables.get('memory_b')!
  expect(fed!.epochSeq).toBe(fed!.sinceSeq)
})
