import { testAlone } from '@tidemark/testkit'
import rest from '../src/index.ts'

const TOKEN = 'the-token-of-the-shop'
const ORDERS = Array.from({ length: 6 }, (_, id) => ({
  id,
  total: `${id}.50`,
  updated_at: `2026-01-0${id + 1}T00:00:00Z`,
}))

/** A list by its time and pages, and one read for each row of another. */
function answer(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url)
  if (request.headers.get('authorization') !== `Bearer ${TOKEN}`) return new Response('{}', { status: 401 })
  const page = Number(searchParams.get('page') ?? 1)
  if (pathname === '/orders') return Response.json(ORDERS.slice((page - 1) * 3, page * 3))
  if (pathname === '/shops') return Response.json([{ id: 'north' }, { id: 'south' }])
  return Response.json([{ id: 1, book: 'one' }])
}

testAlone(rest, {
  server: answer,
  config: ({ url }) => ({
    baseUrl: url,
    authorization: { type: 'bearer', token: TOKEN },
    tables: {
      orders: {
        path: '/orders',
        params: { since: '{from}' },
        primaryKey: ['id'],
        cursor: 'updated_at',
        ordered: 'ascending',
        pagination: { type: 'page', parameter: 'page' },
      },
      shops: { path: '/shops', primaryKey: ['id'] },
      loans: { path: '/shops/{partition}/loans', primaryKey: ['id'], parent: { table: 'shops' } },
    },
  }),
})
