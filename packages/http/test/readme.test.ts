import { readFileSync } from 'node:fs'
import type { Table } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { atPath, withPath } from '../src/at-path.ts'
import { decimal, double, integer64 } from '../src/number-schemas.ts'
import { countries, labels, orders, payments } from './shop-source.ts'
import { client, json, serve } from './unruly-server.ts'

const at = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('the example of the README', () => {
  it('is this file', () => {
    expect(at('../README.md')).toContain(at('./shop-source.ts').trimEnd())
  })

  it('reads', async () => {
    const stamp = (n: number) => new Date(1_700_000_000_000 + n * 1000).toISOString()
    const api = await serve((response, { url, headers }) => {
      const query = new URL(url, 'http://x').searchParams
      if (url.startsWith('/orders')) {
        const rows = [0, 1, 2].map((id) => ({ id, total: 1.5, updated_at: stamp(id) }))
        return json(response, {
          data: query.get('page') === '1' ? rows.filter((row) => row.updated_at >= (query.get('since') ?? '')) : [],
        })
      }
      if (url.startsWith('/payments'))
        return json(
          response,
          query.has('after')
            ? { data: [{ id: 'b', made_at: stamp(1) }] }
            : { data: [{ id: 'a', made_at: stamp(0) }], meta: { next: 'x' } },
        )
      if (url.startsWith('/countries'))
        return headers['if-none-match'] === '"1"'
          ? json(response, '', 304)
          : json(response, [{ code: 'A', name: 'a' }], 200, { etag: '"1"' })
      return json(
        response,
        [{ id: query.has('page') ? 2 : 1 }],
        200,
        query.has('page') ? {} : { link: '</labels?page=2>; rel="next"' },
      )
    })
    const context = {
      client: client(api.url),
      signal: new AbortController().signal,
      log: console,
      from: undefined,
      to: stamp(9),
    }
    const read = async (table: unknown): Promise<unknown[]> => {
      const rows: unknown[] = []
      for await (const page of (table as Table).read(context as never)) rows.push(...(page as unknown[]))
      return rows
    }
    expect(await read(orders)).toHaveLength(3)
    expect(await read(payments)).toHaveLength(2)
    expect(await read(labels)).toEqual([{ id: 1 }, { id: 2 }])
    expect(await read(countries)).toHaveLength(1)
    const ask = (countries as unknown as Table).revision!
    const revision = await ask({ ...context, previous: undefined } as never)
    expect(await ask({ ...context, previous: revision } as never)).toBe(revision)
  })
})

describe('schemas of numbers', () => {
  const raw = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)

  it.each<[unknown, string | undefined]>([
    [1.5, '1.5'],
    ['0012.50', '0012.50'],
    [9007199254740993n, '9007199254740993'],
    [raw('0.10000000000000000001'), '0.10000000000000000001'],
    [1e21, '1000000000000000000000'],
    [raw('1e-30'), '0.000000000000000000000000000001'],
    ['abc', undefined],
    [Number.NaN, undefined],
    [raw('1e999999999'), undefined],
    [null, undefined],
  ])('decimal() makes of %o %s', (value, text) => {
    expect(decimal().safeParse(value).data).toBe(text)
  })

  it('double() rounds, integer64() does not, and neither takes what is none', () => {
    expect([double().parse(raw('0.10000000000000000001')), double().parse('2.5'), double().parse(2n)]).toEqual([
      0.1, 2.5, 2,
    ])
    expect([double().safeParse(raw('1e400')).success, double().safeParse('x').success]).toEqual([false, false])
    expect([integer64().parse(5), integer64().parse('9007199254740993')]).toEqual([5n, 9007199254740993n])
    expect([integer64().safeParse(1.5).success, integer64().safeParse('').success]).toEqual([false, false])
    // What a double would change, the schema of doubles does not take silently.
    expect(z.number().safeParse(raw('0.10000000000000000001')).success).toBe(false)
  })
})

describe('a place in a body', () => {
  it('is found among its own fields only', () => {
    expect(atPath({ a: { 'b.c': [1] } }, ['a', 'b.c', '0'])).toBe(1)
    expect([atPath({}, 'constructor'), atPath({ a: null }, 'a.b'), atPath([1], 'length.x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(withPath({ a: { b: 1 } }, 'a.c', 2)).toEqual({ a: { b: 1, c: 2 } })
  })
})
