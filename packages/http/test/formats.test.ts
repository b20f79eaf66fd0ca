import { describe, expect, it } from 'vitest'
import type { BodyFormat } from '../src/body-format.ts'
import { pages } from '../src/pages.ts'
import { byCursor, byPageNumber } from '../src/paging.ts'
import { streamed } from '../src/streamed.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

const CSV: BodyFormat = { type: 'csv' }
const NDJSON: BodyFormat = { type: 'ndjson' }

type Way = 'in one piece' | 'as it comes'

/** Reads one body, sent in pieces of so many bytes. */
async function read(text: string, format: BodyFormat, way: Way, { type = 'text/csv', step = 7 } = {}) {
  const api = await serve(async (response) => {
    response.writeHead(200, { 'content-type': type })
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += step) {
      response.write(bytes.subarray(at, at + step))
      if (at % 70 === 0) await new Promise(setImmediate)
    }
    response.end()
  })
  const http = client(api.url, { retry: { attempts: 1 } })
  const request = { path: '/rows' }
  return way === 'as it comes'
    ? collect(streamed(http, { request, format }))
    : collect(pages(http, { request: { ...request, format } }))
}

describe.each<Way>(['in one piece', 'as it comes'])('rows %s', (way) => {
  it.each<[string, string, BodyFormat, unknown[]]>([
    [
      'of CSV',
      'id,name\n1,a\n2,"b, ""c"""\n',
      CSV,
      [
        { id: '1', name: 'a' },
        { id: '2', name: 'b, "c"' },
      ],
    ],
    ['of CSV without an end of line', 'id\r\n1\r\n2', CSV, [{ id: '1' }, { id: '2' }]],
    ['of nothing and of empty texts', 'a,b\n,""\n', CSV, [{ a: null, b: '' }]],
    ['of lines within quotes, and ü', 'a,b\n"x\ny",ü\n', CSV, [{ a: 'x\ny', b: 'ü' }]],
    ['with a byte order mark', '\uFEFFid,n\n1,2\n', CSV, [{ id: '1', n: '2' }]],
    [
      'of another delimiter, under names',
      '1;2\n',
      { type: 'csv', delimiter: ';', header: ['a', 'b'] },
      [{ a: '1', b: '2' }],
    ],
    ['of a column __proto__', '__proto__\nx\n', CSV, [JSON.parse('{"__proto__":"x"}')]],
    ['of a header alone', 'id,name\n', CSV, []],
    ['of no line at all where that may be', '', { type: 'csv', mayBeEmpty: true }, []],
    [
      'of lines of JSON',
      '{"id":12345678901234567890}\n\n{"error":"of a row"}\n',
      NDJSON,
      [{ id: 0 }, { error: 'of a row' }],
    ],
    ['of one line of JSON', '{"id":1}', NDJSON, [{ id: 1 }]],
    ['of no line of JSON', '', NDJSON, []],
  ])('%s are read, wherever they are cut', async (_, text, format, rows) => {
    for (const step of [1, 7, 1000]) {
      const found = await read(text, format, way, { step })
      const plain = JSON.stringify(found).replace('12345678901234567890', '0')
      expect(plain).toBe(JSON.stringify(rows))
    }
  })

  it.each<[string, string, BodyFormat, string, string]>([
    ['a page for people', '<html><body>Sign in</body></html>', CSV, 'not-csv', 'a web page instead of CSV'],
    ['JSON', '{"error":"no"}', CSV, 'not-csv', 'JSON instead of CSV'],
    ['no line', '', CSV, 'cut-off', 'an empty body instead of CSV'],
    ['half a last record', 'a,b\n1,2\n3', CSV, 'cut-off', 'record 3 of its CSV has 1 values where 2 are expected'],
    ['half a quoted value', 'a,b\n1,"2', CSV, 'cut-off', 'inside a quoted value'],
    ['a record that is too short', 'a,b\n1\n2,3\n', CSV, 'not-csv', 'record 2 of its CSV has 1 values'],
    ['a record that is too long', 'a,b\n1,2,3\n', CSV, 'not-csv', 'has 3 values where 2'],
    ['a header with a name twice', 'a,a\n1,2\n', CSV, 'not-csv', 'has "a" twice'],
    ['one line that is an error', '{"error":"no such export"}\n', NDJSON, 'error-body', '"error" is "no such export"'],
    ['half a line', '{"id":1}\n{"id":', NDJSON, 'cut-off', 'cut off at line 2'],
    ['a line that is not JSON', '{"id":1}\nx\n{}\n', NDJSON, 'not-json', 'line 2 is not JSON'],
  ])('are an error with %s in their place', async (_, text, format, code, message) => {
    const type = text.startsWith('{"error":"no"}') ? 'application/json' : 'text/csv'
    expect(await errorOf(read(text, format, way, { type }))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })
})

it('rows come before the body has ended, and it may be longer than a body in one piece', async () => {
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  const api = await serve(async (response) => {
    const rows = (count: number): string => Array.from({ length: count }, (_, id) => `{"id":${id}}\n`).join('')
    response.writeHead(200)
    response.write(rows(2000))
    await seen
    response.end(rows(3000))
  })
  let count = 0
  const request = { path: '/export' }
  for await (const page of streamed(client(api.url, { maxBytes: 1000 }), { request, format: NDJSON })) {
    count += page.rows.length
    resolve()
  }
  expect(count).toBe(5000)
  const list = collect(pages(client(api.url, { maxBytes: 1000 }), { request: { ...request, format: NDJSON } }))
  expect(await errorOf(list)).toMatchObject({ code: 'too-large' })
})

it('pages of CSV and of lines are followed by their headers, their last row and their number', async () => {
  const all = Array.from({ length: 11 }, (_, at) => at + 1)
  const api = await serve((response, { url }) => {
    const query = new URL(url, 'http://x').searchParams
    const after = Number(query.get('after') ?? query.get('page') ?? 0)
    const from = query.has('page') ? (after - 1) * 4 : after
    const ids = all.slice(from, from + 4)
    if (ids.length === 0) return json(response, 'id\n', 200, { 'content-type': 'text/csv' })
    const next: Record<string, string> = from + 4 < 11 ? { 'x-next': String(from + 4) } : {}
    json(response, `id\n${ids.join('\n')}\n`, 200, { 'content-type': 'text/csv', ...next })
  })
  const expected = all.map((id) => ({ id: String(id) }))
  for (const paging of [
    byCursor({ at: { header: 'x-next' }, parameter: 'after' }),
    byCursor({ row: 'id', parameter: 'after' }),
    byPageNumber({ parameter: 'page' }),
  ])
    expect(await collect(pages(client(api.url), { request: { path: '/', format: CSV }, paging }))).toEqual(expected)
})
