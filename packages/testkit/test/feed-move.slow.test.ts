import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readStateDocument } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { exportState, importState, move, systemClock } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { DestinationUnderTest, runnerNamed } from '../src/destination/destination-under-test.ts'
import { FeedUnderTest, ORDERS, order, row } from '../src/destination/fed-under-test.ts'

// A feed goes on where it is moved to, and what is missing of its rows is still missing there.

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const PLACES: Readonly<Record<string, () => Promise<string>>> = {
  sqlite: async () => fileNamed('test.db'),
  duckdb: async () => fileNamed('test.duckdb'),
  postgres: async () => {
    const { url, schema } = await server.newSchema()
    onTestFinished(() => server.dropSchema(schema))
    return url
  },
}

function fileNamed(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, name)
}

async function worldOf(url: string, moving = false): Promise<DestinationUnderTest> {
  const connect = (options: object) =>
    openDestination({ url, runner: runnerNamed('one'), isAlive: () => false, moving, ...options })
  const world = await DestinationUnderTest.on({ connect } as never)
  onTestFinished(() => world.destination.close())
  return world
}

/** A table that is whole, a row that is hidden until more of it comes, and one that may be old. */
async function filled(world: DestinationUnderTest): Promise<FeedUnderTest> {
  const feed = await FeedUnderTest.on(world)
  const orders = await feed.table(ORDERS)
  await feed.tell(orders, { rows: [order(1), order(2)] })
  await feed.join(orders)
  const partial = [{ values: { id: 1, note: 'b' } }, { values: { id: 3, note: 'c' } }]
  await feed.tell(orders, { rows: [order(2)], partial }, { completedAt: 5n })
  await world.destination.release([feed.lease, orders.lease])
  return feed
}

async function goesOn(world: DestinationUnderTest): Promise<void> {
  const feed = await FeedUnderTest.on(world)
  const orders = await world.table({ ...ORDERS, fed: true })
  expect(orders.prepared.changes).toEqual([])
  expect(await feed.kept()).toMatchObject([
    { id: 1, seq: 4, missing: ['total'], deleted: false },
    { id: 2, seq: 4, missing: null, deleted: false },
    { id: 3, seq: 4, missing: ['total'], deleted: true },
  ])
  await feed.tell(orders, { partial: [{ values: { id: 3, total: 7 } }, { values: { id: 1, total: 6 } }] })
  expect(await orders.incremental()).toEqual([row(1, 'b', 6), row(2, 'n2', 2), row(3, 'c', 7)])
}

it.each([
  ['sqlite', 'postgres'],
  ['postgres', 'duckdb'],
  ['duckdb', 'sqlite'],
])('a move from %s to %s brings a feed, and what is missing of its rows', async (one, other) => {
  const from = await worldOf(await PLACES[one]!())
  await filled(from)
  const state = await from.destination.state()
  const url = await PLACES[other]!()
  const to = await openDestination({ url, runner: runnerNamed('mover'), moving: true })
  await move({ from: from.destination, to })
  expect(await to.state()).toEqual(state)
  expect(state.feeds?.get('test/log')).toMatchObject({ seq: 4n, offset: '"at 4"', completedAt: 5n })
  expect(state.tables.get('orders')!.fed).toMatchObject({ feed: 'log', sinceSeq: 1n, epochSeq: 3n })
  await to.close()
  await goesOn(await worldOf(url))
})

it.each(Object.keys(PLACES))('a state that was exported from %s and imported again has its feeds', async (name) => {
  const world = await worldOf(await PLACES[name]!())
  await filled(world)
  const { destination } = world
  const state = await destination.state()
  const quiet = { signal: new AbortController().signal, onTable: () => {}, redact: (text: string) => text }
  const text = JSON.stringify(await exportState(destination, quiet))
  const { leases } = await destination.lease(['orders'])
  await destination.relocation.replace(leases, () => [])
  await destination.release(leases)
  expect((await destination.state()).feeds).toBeUndefined()
  const confirmed = { ...quiet, clock: systemClock, stop: () => {}, confirm: async () => {} }
  await importState(destination, readStateDocument(text), confirmed)
  expect(await destination.state()).toEqual(state)
  await goesOn(world)
})
