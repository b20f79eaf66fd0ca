import { describe, expect, it } from 'vitest'
import { type PagesOptions, pages } from '../src/pages.ts'
import { byCursor, byNextUrl, byOffset, byPageNumber } from '../src/paging.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

const ROWS = Array.from({ length: 25 }, (_, id) => ({ id: id + 1 }))

type Answer = { readonly body: unknown; readonly headers?: Record<string, string>; readonly status?: number }

/** Reads a list that a server answers by its query, and says how many requests that took. */
async function read(answer: (query: URLSearchParams) => Answer, options: Partial<PagesOptions>) {
  let requests = 0
  const api = await serve((response, { url }) => {
    requests++
    const { body, headers, status } = answer(new URL(url, 'http://x').searchParams)
    json(response, body, status, headers)
  })
  const list = pages(client(api.url), { request: { path: '/rows' }, rows: 'data', ...options })
  return { rows: await collect(list), requests }
}

describe('a list by the id of its last row', () => {
  const behind = (query: URLSearchParams, size = 10) => {
    const after = Number(query.get('starting_after') ?? 0)
    return { data: ROWS.filter(({ id }) => id > after).slice(0, size), has_more: after + size < ROWS.length }
  }

  it('ends where the answer says that there is no more', async () => {
    const paging = byCursor({ row: 'id', parameter: 'starting_after', more: 'has_more' })
    expect(await read((query) => ({ body: behind(query) }), { paging })).toEqual({ rows: ROWS, requests: 3 })
  })

  it('ends with an empty page where nothing says so', async () => {
    const paging = byCursor({ row: 'id', parameter: 'starting_after' })
    const answer = (query: URLSearchParams) => ({ body: { data: behind(query, 5).data } })
    expect(await read(answer, { paging })).toEqual({ rows: ROWS, requests: 6 })
  })

  it('goes on where the answer leaves out whether there is more', async () => {
    const paging = byCursor({ row: 'id', parameter: 'starting_after', more: 'more_to_come' })
    const answer = (query: URLSearchParams) => ({ body: { data: behind(query).data } })
    expect(await read(answer, { paging })).toEqual({ rows: ROWS, requests: 4 })
  })

  it('sends an id of twenty digits as it is written', async () => {
    const asked: (string | null)[] = []
    const answer = (query: URLSearchParams) => {
      asked.push(query.get('after'))
      return { body: asked.length > 1 ? '{"data":[]}' : '{"data":[{"key":{"id":12345678901234567890}}]}' }
    }
    await read(answer, { paging: byCursor({ row: 'key.id', parameter: 'after' }) })
    expect(asked).toEqual([null, '12345678901234567890'])
  })

  it.each<[string, unknown, string]>([
    ['the last row has no id', { data: [{ id: 1 }, { name: 'x' }] }, 'the last row has no "id"'],
    ['there is more behind a page without rows', { data: [], has_more: true }, 'there are more rows ("has_more")'],
  ])('is an error where %s', async (_, body, message) => {
    const paging = byCursor({ row: 'id', parameter: 'after', more: 'has_more' })
    const error = await errorOf(read(() => ({ body }), { paging }))
    expect(error).toMatchObject({ code: 'paging', message: expect.stringContaining(message) })
  })

  it('is an error where the API ignores the parameter', async () => {
    const paging = byCursor({ row: 'id', parameter: 'ignored' })
    const error = await errorOf(read(() => ({ body: { data: ROWS.slice(0, 2) } }), { paging }))
    expect(error.message).toContain('the pages form a loop')
  })
})

describe('a list whose headers tell', () => {
  const page = (query: URLSearchParams, name: string) => {
    const at = Number(query.get(name) ?? 0)
    return { at, data: ROWS.slice(at, at + 10) }
  }

  it('the cursor of the next page ends where they do not', async () => {
    const answer = (query: URLSearchParams) => {
      const { at, data } = page(query, 'after')
      return { body: { data }, headers: at < 20 ? { 'x-next-cursor': String(at + 10) } : {} }
    }
    const paging = byCursor({ at: { header: 'X-Next-Cursor' }, parameter: 'after' })
    expect(await read(answer, { paging })).toEqual({ rows: ROWS, requests: 3 })
  })

  it('the URL of the next page ends where they do not', async () => {
    const answer = (query: URLSearchParams) => {
      const { at, data } = page(query, 'at')
      return { body: { data }, headers: at < 20 ? { 'x-next': `/rows?at=${at + 10}` } : {} }
    }
    expect(await read(answer, { paging: byNextUrl({ header: 'x-next' }) })).toEqual({ rows: ROWS, requests: 3 })
  })

  it.each(['X-Pages', 'x-pages'])('the number of pages (%s) is read to the last of them', async (header) => {
    const answer = (query: URLSearchParams) => {
      const number = Number(query.get('page'))
      // The second page is empty in the middle.
      const data = [ROWS.slice(0, 10), [], ROWS.slice(10)][number - 1]
      return data === undefined ? { body: {}, status: 404 } : { body: { data }, headers: { 'x-pages': '3' } }
    }
    const paging = byPageNumber({ parameter: 'page', pages: { header } })
    expect((await read(answer, { paging })).rows).toEqual(ROWS)
  })

  it('nothing where they should tell the number of pages is an error', async () => {
    const paging = byPageNumber({ parameter: 'page', pages: { header: 'X-Pages' } })
    const error = await errorOf(read(() => ({ body: { data: [] } }), { paging }))
    expect(error.message).toContain('no count in the header "X-Pages"')
  })
})

describe('a list by place that says whether there is more', () => {
  const PAGES = [ROWS.slice(0, 10), [], [], ROWS.slice(10)]
  const byPage = (isTold: (number: number) => unknown) => (query: URLSearchParams) => {
    const number = Number(query.get('page'))
    return { body: { data: PAGES[number - 1] ?? [], paging: { left: isTold(number) } } }
  }
  const byRow = (isTold: (at: number) => unknown) => (query: URLSearchParams) => {
    const at = Number(query.get('offset'))
    return { body: { data: PAGES[at / 10] ?? [], paging: { left: isTold(at / 10 + 1) } } }
  }
  const size = { parameter: 'limit', value: 10 }
  const left = { more: 'paging.left' }

  it.each<[string, (number: number) => unknown]>([
    ['as a flag', (number) => number < 4],
    ['as a text', (number) => (number < 4 ? 'true' : 'false')],
    ['as a number of rows that are left', (number) => Math.max(0, 4 - number)],
  ])('is read behind empty pages, and no further than it says: %s', async (_, isTold) => {
    expect(await read(byPage(isTold), { paging: byPageNumber({ parameter: 'page', ...left }) })).toEqual({
      rows: ROWS,
      requests: 4,
    })
    // Of the last page it has fifteen rows: what comes behind is told by the answer, not by a full page.
    expect(await read(byRow(isTold), { paging: byOffset({ parameter: 'offset', size, ...left }) })).toEqual({
      rows: ROWS,
      requests: 4,
    })
  })

  it('ends with the first empty page where the answer leaves it out', async () => {
    const { rows } = await read(
      byPage(() => undefined),
      { paging: byPageNumber({ parameter: 'page', ...left }) },
    )
    expect(rows).toEqual(ROWS.slice(0, 10))
  })

  it('is an error by offset where a page is empty and no size says where the next begins', async () => {
    const paging = byOffset({ parameter: 'offset', ...left })
    const answer = (query: URLSearchParams) => ({
      body: { data: query.get('offset') === '0' ? ROWS.slice(0, 10) : [], paging: { left: true } },
    })
    expect((await errorOf(read(answer, { paging }))).message).toContain('set the size of a page')
  })

  it('is an error where it says so without end', async () => {
    const paging = byPageNumber({ parameter: 'page', ...left })
    const error = await errorOf(read(() => ({ body: { data: [], paging: { left: true } } }), { paging }))
    expect(error.message).toContain('page in a row without rows')
  })

  it('is read behind as many empty pages as the API may send, where it says nothing', async () => {
    const answer = byPage(() => undefined)
    const paging = byPageNumber({ parameter: 'page', emptyPages: 3 })
    expect(await read(answer, { paging })).toEqual({ rows: ROWS, requests: 7 })
    const few = byPageNumber({ parameter: 'page', emptyPages: 2 })
    expect((await read(answer, { paging: few })).rows).toEqual(ROWS.slice(0, 10))
    const offset = byOffset({ parameter: 'offset', size, emptyPages: 3 })
    const spread = (query: URLSearchParams) => {
      const at = Number(query.get('offset'))
      return { body: { data: at === 0 ? ROWS.slice(0, 10) : at === 30 ? ROWS.slice(10) : [] } }
    }
    expect((await read(spread, { paging: offset })).rows).toEqual(ROWS)
  })
})

describe('a status', () => {
  const size = { parameter: 'limit', value: 10 }
  const byPage = byPageNumber({ parameter: 'page', size })
  const page = (query: URLSearchParams) =>
    ROWS.slice(Number(query.get('page')) * 10 - 10, Number(query.get('page')) * 10)

  it.each([404, 410, 400, 403, 204])('%i that means "nothing here" is a list without rows', async (status) => {
    const answer = () => ({ body: status === 204 ? '' : '<html>not here</html>', status })
    expect(await read(answer, { empty: [status], paging: byPage })).toEqual({ rows: [], requests: 1 })
    expect(await errorOf(read(answer, { paging: byPage }))).toBeDefined()
    expect(await errorOf(read(answer, { paging: byPage, end: [status] }))).toBeDefined()
  })

  it('means it only with the text that is declared, in whatever case', async () => {
    const empty = [{ status: 404, contains: 'no orders' }]
    expect((await read(() => ({ body: '{"error":"No Orders yet"}', status: 404 }), { empty })).rows).toEqual([])
    const other = await errorOf(read(() => ({ body: '{"error":"no route"}', status: 404 }), { empty }))
    expect(other).toMatchObject({ code: 'http-404' })
  })

  it('403 for a limit that is used up does not mean it', async () => {
    const answer = () => ({ body: '{}', status: 403, headers: { 'retry-after': '1000' } })
    expect(await errorOf(read(answer, { empty: [403] }))).toMatchObject({ code: 'rate-limited' })
  })

  it('ends a list behind its pages, and not at its first', async () => {
    const answer = (query: URLSearchParams) =>
      page(query).length > 0 ? { body: { data: page(query) } } : { body: 'no such page', status: 404 }
    expect(await read(answer, { paging: byPage, end: [404] })).toEqual({ rows: ROWS, requests: 4 })
    expect(await errorOf(read(answer, { paging: byPage, empty: [404] }))).toMatchObject({ code: 'http-404' })
  })

  it.each<[string, object, string]>([
    ['more rows', { has_more: true }, 'says that there are more rows ("has_more")'],
    ['a greater number of rows', { total: 25 }, 'the API counts 25 rows and gave 10'],
  ])('ends no list of which the answers before tell %s', async (_, told, message) => {
    const answer = (query: URLSearchParams) =>
      query.get('page') === '1' ? { body: { data: page(query), ...told } } : { body: {}, status: 404 }
    expect((await errorOf(read(answer, { paging: byPage, end: [404] }))).message).toContain(message)
  })
})
