import { join } from 'node:path'
import { type Destination, type NoticeRecord, projectText } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDestination } from '../src/index.ts'
import { folder, runner } from './place.ts'
import { onPostgres } from './postgres-place.ts'

const postgres = onPostgres()

const PLACES: Readonly<Record<string, () => Promise<string>>> = {
  sqlite: async () => join(folder(), 'x.db'),
  duckdb: async () => join(folder(), 'x.duckdb'),
  postgres: async () => (await postgres()).url,
}

async function open(url: string, name = 'one'): Promise<Destination> {
  const record = projectText({ name, host: 'h', folder: `/${name}` })
  const project = { record, isOurs: () => false }
  const destination = await openDestination({ url, runner: { ...runner, id: name }, project })
  onTestFinished(() => destination.close())
  return destination
}

const record = (key: string, level = 1n): NoticeRecord => ({
  ...{ key, since: 5n, level, deliveredAt: null, times: 0n, sendingAt: null, offered: null },
  ...{ failures: 0n, nextTryAt: null, lastError: null },
})

async function recordsOf(destination: Destination, channel: string): Promise<readonly NoticeRecord[]> {
  let found: readonly NoticeRecord[] = []
  await destination.recordNotices(channel, (records) => {
    found = [...records.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
    return { set: [], remove: [] }
  })
  return found
}

describe.each(Object.keys(PLACES))('notices in %s', (kind) => {
  it('are remembered by channel and project, changed and forgotten', async () => {
    const url = await PLACES[kind]!()
    const destination = await open(url)
    const long = Array.from({ length: 1200 }, (_, at) => record(`stale table ${at}`))
    const lasting = {
      ...record('failing a', 2n ** 60n),
      deliveredAt: 7n,
      offered: 0n,
      sendingAt: 9n,
      lastError: 'it’s "off"',
    }
    await destination.recordNotices('team', (records, now) => {
      expect(records.size).toBe(0)
      expect(Math.abs(Number(now / 1000n) - Date.now())).toBeLessThan(60_000)
      return { set: [lasting, ...long], remove: [] }
    })
    expect(await recordsOf(destination, 'team')).toHaveLength(1201)
    expect(await recordsOf(destination, 'other')).toEqual([])
    await destination.recordNotices('team', () => ({
      set: [{ ...lasting, times: 3n }],
      remove: long.map(({ key }) => key),
    }))
    expect(await recordsOf(destination, 'team')).toEqual([{ ...lasting, times: 3n }])
    // A file of DuckDB is open once.
    if (kind === 'duckdb') await destination.close()
    expect(await recordsOf(await open(url, 'two'), 'team')).toEqual([])
  })

  it('of processes that decide at once each sees what the others decided', async () => {
    const url = await PLACES[kind]!()
    // Writers of a file wait for each other anyway.
    const first = await open(url)
    const others = kind !== 'postgres' ? [first, first] : [await open(url), await open(url)]
    const counted = Array.from({ length: 30 }, (_, at) =>
      [first, ...others][at % 3]!.recordNotices('team', (records) => {
        const level = (records.get('count')?.level ?? 0n) + 1n
        return { set: [record('count', level)], remove: [] }
      }),
    )
    await Promise.all(counted)
    expect((await recordsOf(first, 'team')).map(({ level }) => level)).toEqual([30n])
  })
})
