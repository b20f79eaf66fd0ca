import { describe, expect, it } from 'vitest'
import { type PagesOptions, pages } from '../src/pages.ts'
import { byCursor, byLink, byNextUrl, byOffset, byPageNumber, onePage } from '../src/paging.ts'
import { revisionOf } from '../src/revision.ts'
import { client, collect, errorOf, type Handler, json, serve } from './unruly-server.ts'

const ROWS = Array.from({ length: 25 }, (_, id) => ({ id }))
const query = (url: string) => new URL(url, 'http://x').searchParams
const read = async (handler: Handler, options: Partial<PagesOptions> = {}) => {
  const api = await serve(handler)
  return collect(pages(client(`${api.url}/v1`), { request: { path: '/rows', query: { q: 'a b' } }, ...options }))
}

describe('a list is read to its end', () => {
  it('by the Link header, with absolute and relative URLs', async () => {
    const rows = await read(
      (response, { url }) => {
        const at = Number(query(url).get('at') ?? 0)
        expect(query(url).get('q')).toBe('a b')
        const next = at === 10 ? `/v1/rows?q=a+b&at=${at + 10}` : `?q=a+b&at=${at + 10}`
        const link =
          at < 20 ? `<${next}>; title="a, b"; rel="next", </v1/rows>; rel="first"` : '</v1/rows>; rel="first"'
        json(response, ROWS.slice(at, at + 10), 200, { link })
      },
      { paging: byLink() },
    )
    expect(rows).toEqual(ROWS)
  })

  it('by a URL in the body', async () => {
    const rows = await read(
      (response, { url }) => {
        const at = Number(query(url).get('at') ?? 0)
        json(response, { data: ROWS.slice(at, at + 10), links: { next: at < 20 ? `/v1/rows?at=${at + 10}` : null } })
      },
      { paging: byNextUrl('links.next'), rows: 'data' },
    )
    expect(rows).toEqual(ROWS)
  })

  it.each([null, '', undefined, false])('by a cursor in the body, until it is %s', async (end) => {
    const rows = await read(
      (response, { url }) => {
        const at = Number(query(url).get('after') ?? 0)
        // An empty page in the middle is no end.
        const some = at === 10 ? [] : ROWS.slice(at === 11 ? 10 : at, at === 11 ? 20 : at + 10)
        json(response, { data: { rows: some }, next: at === 0 ? 10 : at === 10 ? 11 : at === 11 ? 20 : end })
      },
      { paging: byCursor({ at: 'next', parameter: 'after' }), rows: ['data', 'rows'] },
    )
    expect(rows).toEqual(ROWS)
  })

  it('by a cursor that is always named, and a word on whether there is more', async () => {
    const rows = await read(
      (response, { url }) => {
        const at = Number(query(url).get('after') ?? 0)
        json(response, { rows: ROWS.slice(at, at + 10), next: String(at + 10), has_more: at < 20 })
      },
      { paging: byCursor({ at: 'next', parameter: 'after', more: 'has_more' }), rows: 'rows' },
    )
    expect(rows).toEqual(ROWS)
  })

  it('by a cursor in the body of a POST', async () => {
    const rows = await read(
      (response, { body }) => {
        const { page, filter } = JSON.parse(body) as { page?: { after?: number }; filter: string }
        expect(filter).toBe('x')
        const at = page?.after ?? 0
        json(response, { rows: ROWS.slice(at, at + 10), next: at < 20 ? at + 10 : null })
      },
      {
        request: { path: '/search', method: 'POST', body: { filter: 'x' }, idempotent: true },
        paging: byCursor({ at: 'next', parameter: 'page.after' }),
        rows: 'rows',
      },
    )
    expect(rows.map((row) => (row as { id: number }).id)).toEqual(ROWS.map((row) => row.id))
  })

  const numbered =
    (size: number): Handler =>
    (response, { url }) => {
      const at = (Number(query(url).get('page')) - 1) * size
      json(response, { rows: ROWS.slice(at, at + size), pages: Math.ceil(ROWS.length / size) })
    }

  it('by page number, to the first empty page or to the last that the API counts', async () => {
    const size = { parameter: 'per_page', value: 10 }
    expect(await read(numbered(10), { paging: byPageNumber({ parameter: 'page', size }), rows: 'rows' })).toEqual(ROWS)
    expect(
      await read(numbered(5), { paging: byPageNumber({ parameter: 'page', pages: 'pages' }), rows: 'rows' }),
    ).toEqual(ROWS)
  })

  it('by page number from zero', async () => {
    const rows = await read(
      (response, { url }) => json(response, ROWS.slice(Number(query(url).get('p')) * 10).slice(0, 10)),
      {
        paging: byPageNumber({ parameter: 'p', first: 0 }),
      },
    )
    expect(rows).toEqual(ROWS)
  })

  it('by offset, also where pages are shorter than asked', async () => {
    const handler: Handler = (response, { url }) => {
      const at = Number(query(url).get('offset'))
      json(response, { rows: ROWS.slice(at, at + Math.min(7, Number(query(url).get('limit')))), total: 25 })
    }
    const size = { parameter: 'limit', value: 10 }
    expect(await read(handler, { paging: byOffset({ parameter: 'offset', size }), rows: 'rows' })).toEqual(ROWS)
    expect(
      await read(handler, { paging: byOffset({ parameter: 'offset', size, total: 'total' }), rows: 'rows' }),
    ).toEqual(ROWS)
  })

  it('that has one page, or none', async () => {
    expect(await read((response) => json(response, ROWS))).toEqual(ROWS)
    expect(await read((response) => json(response, []), { paging: byPageNumber({ parameter: 'page' }) })).toEqual([])
    expect(await read((response) => json(response, { rows: null }), { rows: 'rows', none: 'null' })).toEqual([])
    expect(await read((response) => json(response, {}), { rows: 'rows', none: 'absent' })).toEqual([])
    expect(await read((response) => json(response, { me: { id: 1 } }), { rows: 'me', single: true })).toEqual([
      { id: 1 },
    ])
  })
})

describe('a list that goes in circles is an error', () => {
  it.each<[string, Handler, Partial<PagesOptions>]>([
    [
      'the same cursor again',
      (response) => json(response, { rows: ROWS, next: 'same' }),
      { paging: byCursor({ at: 'next', parameter: 'c' }), rows: 'rows' },
    ],
    [
      'cursors that take turns',
      (response, { url }) => json(response, { rows: [{ id: url }], next: query(url).get('c') === 'a' ? 'b' : 'a' }),
      { paging: byCursor({ at: 'next', parameter: 'c' }), rows: 'rows' },
    ],
    [
      'a new cursor each time, and always the same rows',
      (response, _asked, number) => json(response, { rows: ROWS, next: String(number) }),
      { paging: byCursor({ at: 'next', parameter: 'c' }), rows: 'rows' },
    ],
    [
      'a Link to itself',
      (response, { url }) => json(response, ROWS, 200, { link: `<${url}>; rel=next` }),
      { paging: byLink() },
    ],
    [
      'a page number that is not heeded',
      (response) => json(response, ROWS),
      { paging: byPageNumber({ parameter: 'page' }) },
    ],
    ['an offset that is not heeded', (response) => json(response, ROWS), { paging: byOffset({ parameter: 'offset' }) }],
    [
      'new cursors without end, and no rows',
      (response, _asked, number) => json(response, { rows: [], next: String(number) }),
      { paging: byCursor({ at: 'next', parameter: 'c' }), rows: 'rows' },
    ],
    [
      'new rows without end',
      (response, _asked, number) => json(response, { rows: [{ id: number }], next: String(number) }),
      { paging: byCursor({ at: 'next', parameter: 'c' }), rows: 'rows', maxPages: 20 },
    ],
  ])('%s', async (_, handler, options) => {
    expect(await errorOf(read(handler, options))).toMatchObject({ remedy: 'fix-source', code: 'paging' })
  })
})

describe('a page that cannot be followed is an error, not the last', () => {
  it.each<[string, Handler, Partial<PagesOptions>, string]>([
    [
      'a Link that cannot be read',
      (response) => json(response, ROWS, 200, { link: 'next: /rows' }),
      { paging: byLink() },
      'fix-source',
    ],
    [
      'a next URL on another host',
      (response) => json(response, { rows: ROWS, next: 'https://evil.example/x' }),
      { rows: 'rows', paging: byNextUrl('next') },
      'fix-config',
    ],
    [
      'a next URL that is an object',
      (response) => json(response, { rows: ROWS, next: { href: 1 } }),
      { rows: 'rows', paging: byNextUrl('next') },
      'fix-source',
    ],
    [
      'more, and no cursor for it',
      (response) => json(response, { rows: ROWS, more: true }),
      { rows: 'rows', paging: byCursor({ at: 'next', parameter: 'c', more: 'more' }) },
      'fix-source',
    ],
    [
      'no count where one is promised',
      (response) => json(response, { rows: ROWS }),
      { rows: 'rows', paging: byPageNumber({ parameter: 'page', pages: 'pages' }) },
      'fix-source',
    ],
    [
      'fewer rows than the API counts',
      (response, { url }) => json(response, { rows: query(url).get('o') === '0' ? ROWS : [], total: 26 }),
      { rows: 'rows', paging: byOffset({ parameter: 'o', total: 'total' }) },
      'retry',
    ],
  ])('%s', async (_, handler, options, remedy) => {
    expect(await errorOf(read(handler, options))).toMatchObject({ remedy, code: 'paging' })
  })

  it('a second page that breaks off fails the list', async () => {
    const work = read((response, _asked, number) => (number === 1 ? json(response, ROWS) : response.end('[{"id":')), {
      paging: byPageNumber({ parameter: 'page' }),
    })
    expect(await errorOf(work)).toMatchObject({ remedy: 'retry', code: 'cut-off' })
  })
})

describe('a 200 that holds an error is one', () => {
  it.each<[unknown, Partial<PagesOptions>]>([
    [{ error: 'expired' }, {}],
    [{ error: 'expired' }, { rows: 'rows' }],
    [{ errors: [{ message: 'expired' }], rows: [{ id: 1 }] }, { rows: 'rows' }],
    [
      { rows: [{ id: 1 }], meta: { fault: 'expired' } },
      { rows: 'rows', errors: ['meta.fault'] },
    ],
    [{ rows: { message: 'expired' } }, { rows: 'rows' }],
    [{ rows: null, message: 'expired' }, { rows: 'rows' }],
    ['expired', { rows: 'rows' }],
    [null, { rows: 'rows', none: 'null' }],
  ])('%j', async (body, options) => {
    const error = await errorOf(read((response) => json(response, JSON.stringify(body)), options))
    expect(error).toMatchObject({ remedy: 'fix-source', code: 'error-body' })
    if (body !== null) expect(error.message).toContain('expired')
  })

  it.each<[object, Partial<PagesOptions>]>([
    [{ error: null, rows: [{ id: 1 }] }, { rows: 'rows' }],
    [{ errors: [], error: false, rows: [{ id: 1 }] }, { rows: 'rows' }],
    [
      { error: 'a word that this API always says', rows: [{ id: 1 }] },
      { rows: 'rows', errors: [] },
    ],
    [{ errors: { list: [{ id: 1 }] } }, { rows: 'errors.list' }],
    [{ errors: [{ id: 1 }] }, { rows: 'errors' }],
    [[{ id: 1 }], {}],
  ])('but not %j', async (body, options) => {
    expect(await read((response) => json(response, body), options)).toEqual([{ id: 1 }])
  })
})

describe('a revision', () => {
  const api = (headers: Record<string, string>) =>
    serve((response, asked) => {
      const same = asked.headers['if-none-match'] === headers['etag'] && headers['etag'] !== undefined
      const unchanged =
        asked.headers['if-modified-since'] === headers['last-modified'] && headers['last-modified'] !== undefined
      return same || unchanged ? json(response, '', 304) : json(response, ROWS, 200, headers)
    })

  it.each([{ etag: 'W/"abc"' }, { 'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT' }])('by %o', async (headers) => {
    const server = await api(headers as Record<string, string>)
    const http = client(server.url)
    const first = await revisionOf(http, { path: '/x' }, undefined)
    expect(first).toContain(Object.values(headers)[0])
    expect(await revisionOf(http, { path: '/x' }, first)).toBe(first)
    expect(await revisionOf(http, { path: '/x' }, 'etag:"older"')).toBe(first)
    expect(await revisionOf(http, { path: '/x' }, 'something else')).toBe(first)
  })

  it('of an API that tells none is none', async () => {
    expect(await revisionOf(client((await api({})).url), { path: '/x' }, 'etag:"a"')).toBeUndefined()
  })
})

it('one page is the default', async () => {
  expect(onePage().next({} as never)).toBeUndefined()
})
