import { describe, expect, it } from 'vitest'
import { pages } from '../src/pages.ts'
import { byPageNumber } from '../src/paging.ts'
import { beforeWildcard, type RowsPlace } from '../src/rows-at.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

/** The rows of one answer. */
async function read(body: unknown, place: RowsPlace) {
  const api = await serve((response) => json(response, body))
  return collect(pages(client(api.url), { request: { path: '/rows' }, ...place }))
}

describe('rows', () => {
  it.each<[string, unknown, RowsPlace, unknown[]]>([
    ['of lists in a list', [{ items: [1, 2] }, { items: [] }, { items: [3] }], { rows: '*.items' }, [1, 2, 3]],
    ['of lists in an object', { data: { a: { x: [1] }, b: { x: [2] } } }, { rows: 'data.*.x' }, [1, 2]],
    ['of lists at two depths', { d: [{ e: [{ f: [1] }, { f: [2] }] }, { e: [] }] }, { rows: 'd.*.e.*.f' }, [1, 2]],
    ['that are members of an object', { data: { a: { n: 1 }, b: { n: 2 } } }, { rows: 'data.*' }, [{ n: 1 }, { n: 2 }]],
    ['of lists that are members', { a: [1], b: [2, 3] }, { rows: '*' }, [1, 2, 3]],
    ['of no member', { data: {} }, { rows: 'data.*.items' }, []],
    ['in a field that is named so', { '*': [1] }, { rows: ['*'] }, [1]],
    ['of members, one without a list', [{ x: [1] }, {}, { x: null }], { rows: '*.x', none: 'absent' }, [1]],
    ['of one object in each member', [{ x: { n: 1 } }], { rows: '*.x', single: true }, [{ n: 1 }]],
    [
      'under their names',
      { data: { a: { n: 1 }, b: { id: 'b', n: 2 } } },
      { rows: 'data', keyedBy: 'id' },
      [
        { id: 'a', n: 1 },
        { id: 'b', n: 2 },
      ],
    ],
    [
      'under the names of their lists',
      { days: { mon: { of: [{ n: 1 }, { n: 2 }] }, tue: { of: [] } } },
      { rows: 'days.*.of', keyedBy: 'day' },
      [
        { n: 1, day: 'mon' },
        { n: 2, day: 'mon' },
      ],
    ],
    [
      'that are values under names',
      { rates: { EUR: 1, USD: '1.08' } },
      { rows: 'rates', keyedBy: { key: 'code', value: 'rate' } },
      [
        { code: 'EUR', rate: 1 },
        { code: 'USD', rate: '1.08' },
      ],
    ],
    ['of the body itself', { a: { n: 1 } }, { keyedBy: 'id' }, [{ n: 1, id: 'a' }]],
    ['of an empty object that PHP wrote', { data: [] }, { rows: 'data', keyedBy: 'id' }, []],
    ['of a null that means none', { data: null }, { rows: 'data', keyedBy: 'id', none: 'null' }, []],
  ])('%s are read', async (_, body, place, rows) => {
    expect(await read(body, place)).toEqual(rows)
  })

  it('under the name __proto__ have it as a field', async () => {
    const [row] = await read('{"data":{"a":{"n":1}}}', { rows: 'data', keyedBy: '__proto__' })
    expect(Object.entries(row as object)).toEqual([
      ['n', 1],
      ['__proto__', 'a'],
    ])
  })

  it.each<[string, unknown, RowsPlace, string]>([
    ['one member without its list', [{ items: [1] }, {}], { rows: '*.items' }, 'returned no list at "*.items"'],
    ['nothing where the members should be', { dat: {} }, { rows: 'data.*.items' }, 'returned no list'],
    ['a text where the members should be', { data: 'x' }, { rows: 'data.*' }, 'returned no list'],
    ['a member that is a number', { data: { a: 1 } }, { rows: 'data', keyedBy: 'id' }, 'returned no list at "data"'],
    ['members without names', { data: [{ n: 1 }] }, { rows: 'data', keyedBy: 'id' }, 'its members have no names'],
    [
      'a name that is not that of the row',
      { data: { a: { id: 7 } } },
      { rows: 'data', keyedBy: 'id' },
      'has a "id" of its own',
    ],
    ['an error in the place of members', { error: 'no' }, { keyedBy: 'id' }, '"error" is "no"'],
    ['an error beside them', { success: false, data: {} }, { rows: 'data.*' }, '"success" is false'],
  ])('are an error with %s', async (_, body, place, message) => {
    expect((await errorOf(read(body, place))).message).toContain(message)
  })

  it('of several lists are not held against a number that may count the lists', async () => {
    expect(await read({ total: 2, groups: [{ x: [1] }, { x: [2, 3, 4] }] }, { rows: 'groups.*.x' })).toEqual([
      1, 2, 3, 4,
    ])
    expect(await read({ total: 9, groups: [{ x: [1] }] }, { rows: 'groups.*.x' })).toEqual([1])
    const error = errorOf(read({ total: 9, groups: [{ x: [1] }] }, { rows: 'groups.*.x', total: 'total' } as RowsPlace))
    expect((await error).message).toContain('counts 9 rows and gave 1')
  })

  it('of several lists are read page by page', async () => {
    const api = await serve((response, { url }) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page'))
      json(response, page < 3 ? [{ x: [page] }, { x: [page * 10] }] : [])
    })
    const paging = byPageNumber({ parameter: 'page' })
    const list = pages(client(api.url), { request: { path: '/' }, rows: '*.x', paging })
    expect(await collect(list)).toEqual([1, 10, 2, 20])
  })
})

it('all rows are below what stands before the first *', () => {
  expect([beforeWildcard('a.*.b'), beforeWildcard('*'), beforeWildcard('a.b'), beforeWildcard(['*'])]).toEqual([
    ['a'],
    [],
    'a.b',
    ['*'],
  ])
})
