import { describe, expect, it } from 'vitest'
import { newestFirst } from '../src/newest-first.ts'
import type { Paging } from '../src/paging.ts'
import { byOffset, byPageNumber } from '../src/paging.ts'
import { client, errorOf, json, serve } from './unruly-server.ts'

interface Event {
  readonly id: number
  readonly at: string
}

const time = (minute: number): string => new Date(1_700_000_000_000 + minute * 60_000).toISOString()
const event = (id: number): Event => ({ id, at: time(id) })
const SIZE = 5
const WAYS: [string, Paging][] = [
  ['page', byPageNumber({ parameter: 'page' })],
  ['offset', byOffset({ parameter: 'offset' })],
]

/** A list of events, the newest first, that changes before each request as the test says. */
async function open(change: (events: Map<number, Event>, request: number) => void = () => {}, count = 40) {
  const events = new Map(Array.from({ length: count }, (_, id) => [id, event(id)]))
  let requests = 0
  const api = await serve((response, { url }) => {
    const query = new URL(url, 'http://x').searchParams
    change(events, ++requests)
    const list = [...events.values()].sort((a, b) => b.at.localeCompare(a.at))
    const from = query.has('page') ? (Number(query.get('page')) - 1) * SIZE : Number(query.get('offset'))
    json(response, list.slice(from, from + SIZE))
  })
  const read = async (paging: Paging, from: string | undefined, isRechecked = true): Promise<Event[]> => {
    const rows: Event[] = []
    const list = newestFirst<Event>(client(api.url), {
      request: { path: '/events' },
      paging,
      from,
      cursorOf: ({ at }) => at,
      keyIn: (row) => String((row as Event).id),
      recheck: isRechecked ? true : undefined,
    })
    for await (const page of list) rows.push(...page.rows)
    return rows
  }
  return { read, requests: () => requests, events }
}

const ids = (rows: readonly Event[]): number[] => [...new Set(rows.map(({ id }) => id))].sort((a, b) => a - b)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

describe.each(WAYS)('a list by %s from its newest row', (_, paging) => {
  it('is read to the known cursor and no further', async () => {
    const { read, requests } = await open()
    expect(ids(await read(paging, time(32), false))).toEqual(range(30, 40))
    expect(requests()).toBe(2)
  })

  it('is read to its end where nothing is known', async () => {
    const { read } = await open()
    expect(ids(await read(paging, undefined))).toEqual(range(0, 40))
  })

  it('gives every row where new ones push the others on, also by more than a page', async () => {
    const { read, events } = await open((all, request) => {
      if (request > 1 && request < 9) for (let at = 0; at < 3; at++) all.set(all.size, event(all.size))
    })
    expect(ids(await read(paging, time(8)))).toEqual(expect.arrayContaining(range(8, 40)))
    expect(events.size).toBeGreaterThan(50)
  })

  it('gives every row where new ones come while its pages are looked at once more', async () => {
    let asked = 0
    const { read } = await open((all, request) => {
      asked = request
      // Seven pages were read; what was on the sixth is then on the seventh and the eighth.
      if (request === 8) for (let at = 0; at < 7; at++) all.set(all.size, event(all.size))
    })
    expect(ids(await read(paging, time(8)))).toEqual(range(5, 40))
    expect(asked).toBe(7 + 6 + 2)
  })

  it('gives every row where one that was read is changed, and comes first', async () => {
    const { read } = await open((all, request) => {
      if (request === 3) all.set(37, { id: 37, at: time(100) })
    })
    expect(ids(await read(paging, time(8)))).toEqual(expect.arrayContaining(range(8, 40)))
  })

  it('is an error, to be read again, where a row was deleted that others stood behind', async () => {
    const change = (all: Map<number, Event>, request: number): void => {
      // What comes instead hides it from whoever counts.
      if (request === 3) all.delete(37)
      if (request === 5) all.set(100, event(100))
    }
    const missed = ids(await (await open(change)).read(paging, time(8), false))
    expect(range(8, 40).filter((id) => !missed.includes(id))).toEqual([29])
    const { read } = await open(change)
    expect(await errorOf(read(paging, time(8)))).toMatchObject({ remedy: 'retry', code: 'paging' })
  })

  it('is an error where it is not in that order: the rest would count as known', async () => {
    const api = await serve((response) => json(response, [event(1), event(2)]))
    const list = newestFirst<Event>(client(api.url), {
      request: { path: '/events' },
      paging,
      from: time(5),
      cursorOf: ({ at }) => at,
      keyIn: (row) => String((row as Event).id),
    })
    const error = await errorOf(list.next())
    expect(error.message).toContain('the list is not in descending order')
  })
})
