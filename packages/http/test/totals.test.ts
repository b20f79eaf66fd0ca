import { describe, expect, it } from 'vitest'
import { type PagesOptions, pages } from '../src/pages.ts'
import { byCursor, byLink, byNextUrl, byOffset, byPageNumber } from '../src/paging.ts'
import { client, collect, errorOf, type Handler, json, serve } from './unruly-server.ts'

const ROWS = Array.from({ length: 25 }, (_, id) => ({ id }))
const query = (url: string) => new URL(url, 'http://x').searchParams
const keyIn = (row: unknown): string => String((row as { id: number }).id)
const read = async (handler: Handler, options: Partial<PagesOptions> = {}) => {
  const api = await serve(handler)
  return collect(pages(client(`${api.url}/v1`), { request: { path: '/rows' }, rows: 'rows', ...options }))
}

const page = (url: string, size = 10) => ROWS.slice((Number(query(url).get('page')) - 1) * size).slice(0, size)
const offset = (url: string, size = 10) => ROWS.slice(Number(query(url).get('offset'))).slice(0, size)
const BY_PAGE = { paging: byPageNumber({ parameter: 'page' }) }
const BY_OFFSET = { paging: byOffset({ parameter: 'offset' }) }

describe('a count that is too low ends no list', () => {
  it.each<[string, Handler, Partial<PagesOptions>]>([
    [
      'total of an offset',
      (response, { url }) => json(response, { rows: offset(url), total: 12 }),
      { paging: byOffset({ parameter: 'offset', total: 'total' }) },
    ],
    [
      'total of the page alone, in pages that are smaller than asked',
      (response, { url }) => json(response, { rows: offset(url), total: offset(url).length }),
      {
        paging: byOffset({ parameter: 'offset', size: { parameter: 'limit', value: 100 }, total: 'total' }),
      },
    ],
    [
      'number of pages',
      (response, { url }) => json(response, { rows: page(url), pages: 2 }),
      { paging: byPageNumber({ parameter: 'page', pages: 'pages' }) },
    ],
    ['total that nobody asked for', (response, { url }) => json(response, { rows: page(url), total: 12 }), BY_PAGE],
  ])('%s', async (_, handler, options) => {
    expect(await read(handler, options)).toEqual(ROWS)
  })

  it.each<[string, Handler]>([
    ['404', (response) => json(response, { detail: 'Invalid page.' }, 404)],
    ['400 with a page for people', (response) => json(response, '<html>', 400)],
    ['416', (response) => json(response, {}, 416)],
    ['an error in the body', (response) => json(response, { error: 'no such page' })],
    ['no list', (response) => json(response, {})],
    ['the last page again', (response) => json(response, { rows: ROWS.slice(20), total: 25 })],
    [
      'the last page again, with other words',
      (response) => json(response, { rows: ROWS.slice(20).map((row) => ({ ...row, at: Math.random() })), total: 25 }),
    ],
  ])('and behind a right one the list is over where the API answers %s', async (_, behind) => {
    const handler: Handler = (response, asked, number) =>
      number > 3 ? behind(response, asked, number) : json(response, { rows: page(asked.url), total: 25, pages: 3 })
    expect(await read(handler, { ...BY_PAGE, keyIn })).toEqual(ROWS)
    const paging = byPageNumber({ parameter: 'page', pages: 'pages' })
    expect(await read(handler, { paging, keyIn, total: false })).toEqual(ROWS)
  })

  it('but an answer that may pass is no end', async () => {
    const handler: Handler = (response, { url }, number) =>
      number > 3 ? json(response, {}, 503) : json(response, { rows: page(url), total: 25 })
    expect(await errorOf(read(handler, BY_PAGE))).toMatchObject({ remedy: 'retry', code: 'http-503' })
  })
})

describe('a list with fewer rows than the API counts is an error', () => {
  const given = ROWS.slice(0, 20)
  const cut = (url: string) => given.slice((Number(query(url).get('page')) - 1) * 10).slice(0, 10)
  it.each<[string, Handler, Partial<PagesOptions>]>([
    ['total', (response, { url }) => json(response, { rows: cut(url), total: 25 }), BY_PAGE],
    ['total_count as a text', (response, { url }) => json(response, { rows: cut(url), total_count: '25' }), BY_PAGE],
    ['meta.pagination.total', (response, { url }) => json(response, { rows: cut(url), meta: { total: 25 } }), BY_PAGE],
    ['count', (response, { url }) => json(response, { rows: cut(url), count: 25 }), BY_PAGE],
    [
      'X-Total-Count',
      (response, { url }) => json(response, { rows: cut(url) }, 200, { 'x-total-count': '25' }),
      BY_PAGE,
    ],
    [
      'Content-Range',
      (response, { url }) => json(response, { rows: cut(url) }, 206, { 'content-range': 'items 0-9/25' }),
      BY_PAGE,
    ],
    [
      'the first answer alone',
      (response, { url }) =>
        json(response, { rows: cut(url), ...(query(url).get('page') === '1' ? { total: 25 } : {}) }),
      BY_PAGE,
    ],
    [
      'a place of its own',
      (response, { url }) => json(response, { rows: cut(url), n: { all: 25 } }),
      { ...BY_PAGE, total: 'n.all' },
    ],
    [
      'a header of its own',
      (response, { url }) => json(response, { rows: cut(url) }, 200, { 'x-all': '25' }),
      { ...BY_PAGE, total: { header: 'X-All' } },
    ],
    [
      'cursors',
      (response, { url }) =>
        json(response, {
          rows: given.slice(Number(query(url).get('c') ?? 0)).slice(0, 10),
          total: 25,
          next: query(url).get('c') === null ? 10 : null,
        }),
      { paging: byCursor({ at: 'next', parameter: 'c' }) },
    ],
  ])('by %s', async (_, handler, options) => {
    const error = await errorOf(read(handler, options))
    expect(error).toMatchObject({ remedy: 'retry', code: 'paging' })
    expect(error.message).toContain('counts 25 rows and gave 20')
    if (options.total === undefined) expect(await read(handler, { ...options, total: false })).toEqual(given)
  })

  it('in one answer that names no next', async () => {
    const handler: Handler = (response) => json(response, { rows: given, total_count: 25 })
    expect(await errorOf(read(handler))).toMatchObject({ remedy: 'fix-source', code: 'paging' })
    expect(await read(handler, { total: false })).toEqual(given)
  })

  it.each<[string, Partial<PagesOptions>]>([
    ['a Link', { paging: byLink() }],
    ['a URL', { paging: byNextUrl('next') }],
    ['a cursor', { paging: byCursor({ at: 'next', parameter: 'c' }) }],
  ])('or says that there is more, and names no next by %s', async (_, options) => {
    const work = read((response) => json(response, { rows: given, meta: { has_more: true } }), options)
    expect(await errorOf(work)).toMatchObject({ remedy: 'fix-source', code: 'paging' })
  })
})

describe('a list that moves between its pages', () => {
  it('is read again where a row was deleted and another passed over', async () => {
    let rows = [...ROWS]
    const handler: Handler = (response, { url }) => {
      const at = (Number(query(url).get('page')) - 1) * 10
      json(response, { rows: rows.slice(at, at + 10), total: rows.length })
      if (at === 0) rows = rows.filter(({ id }) => id !== 3)
    }
    expect(await errorOf(read(handler, { ...BY_PAGE, keyIn }))).toMatchObject({ remedy: 'retry', code: 'paging' })
    rows = [...ROWS]
    // Another came at the front of what was read: the number of rows is right, and one of them came twice.
    const swap: Handler = (response, { url }) => {
      const at = (Number(query(url).get('page')) - 1) * 10
      json(response, { rows: rows.slice(at, at + 10), total: rows.length })
      if (at === 10) rows = [{ id: 99 }, ...rows.filter(({ id }) => id !== 24)]
    }
    expect(await errorOf(read(swap, { ...BY_PAGE, keyIn }))).toMatchObject({ remedy: 'retry', code: 'paging' })
  })

  it('and is whole where rows only go that were read, or come', async () => {
    let rows = [...ROWS]
    const handler: Handler = (response, { url }) => {
      const at = (Number(query(url).get('page')) - 1) * 10
      json(response, { rows: rows.slice(at, at + 10), total: rows.length })
      if (at === 10) rows = [...rows, { id: 99 }]
      if (at === 20) rows = rows.slice(0, -3)
    }
    expect(await read(handler, { ...BY_PAGE, keyIn })).toHaveLength(26)
  })

  it('has pages that are short, or empty in the middle', async () => {
    const kept = ROWS.filter(({ id }) => id < 8 || id > 19)
    const handler: Handler = (response, { url }) => {
      const at = Number(query(url).get('offset') ?? (Number(query(url).get('page')) - 1) * 10)
      const rows = ROWS.slice(at, at + 10).filter((row) => kept.includes(row))
      json(response, { rows, total: 13, has_more: at + 10 < 25 })
    }
    expect(await read(handler, BY_PAGE)).toEqual(kept)
    const byPlace = byOffset({ parameter: 'offset', size: { parameter: 'limit', value: 10 } })
    expect(new Set((await read(handler, { paging: byPlace })).map(keyIn))).toEqual(new Set(kept.map(keyIn)))
  })

  it('and pages that are not heeded are seen by their keys, whatever else is in the rows', async () => {
    const handler: Handler = (response) => json(response, { rows: ROWS.map((row) => ({ ...row, now: Math.random() })) })
    expect(await errorOf(read(handler, { ...BY_PAGE, keyIn }))).toMatchObject({ remedy: 'fix-source', code: 'paging' })
  })
})

it('a count is promised with the first answer', async () => {
  const work = read((response) => json(response, { rows: ROWS }), { ...BY_OFFSET, total: 'total' })
  expect(await errorOf(work)).toMatchObject({ remedy: 'fix-source', message: expect.stringContaining('"total"') })
})
