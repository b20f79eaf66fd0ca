import { type Change, type RowChange, testSource } from '@tidemark/testkit'
import rest from '../src/index.ts'

const TOKEN = 'the-token-of-the-shop'
const HOUR = 3_600_000
const SHOPS = ['north', 'south']
const FIRST = Date.parse('2026-01-01T00:00:00Z')

interface Item {
  readonly id: number
  readonly [field: string]: unknown
}

/** An API with a list of each kind: by update and page number, by bounds and a cursor, newest first, by parent, and whole. */
class Shop {
  readonly #orders = many(10, (id, at) => ({
    id,
    total: `${id}.50`,
    customer: { name: `c${id}` },
    updated_at: iso(at),
  }))
  readonly #payments = many(9, (id, at) => ({ id, amount: id * 1.25, created: at / 1000 }))
  readonly #events = many(11, (id, at) => ({ id, kind: `kind ${id % 3}`, at: iso(at) }))
  readonly #loans = SHOPS.map((shop) => many(7, (id, at) => ({ id, shop, book: `book ${id}`, lent_at: iso(at) })))
  readonly #labels = many(5, (id) => ({ id, name: `label ${id}` }))
  readonly #shops = [...SHOPS, 'west']
  readonly #changed = [1, 1]
  #added = 100

  readonly answer = (request: Request): Response => {
    const { pathname, searchParams } = new URL(request.url)
    const number = (name: string, otherwise: number): number => Number(searchParams.get(name) ?? otherwise)
    const time = (name: string, otherwise: number): number => Date.parse(searchParams.get(name) ?? '') || otherwise
    if (request.headers.get('authorization') !== `Bearer ${TOKEN}`) return new Response('{}', { status: 401 })
    if (pathname === '/orders') {
      const since = this.#orders.filter(({ updated_at }) => Date.parse(String(updated_at)) >= time('since', 0))
      const sorted = since.sort((a, b) => (String(a['updated_at']) < String(b['updated_at']) ? -1 : 1))
      const page = number('page', 1)
      return Response.json({ data: { items: sorted.slice((page - 1) * 3, page * 3) } })
    }
    if (pathname === '/payments') {
      const [from, to] = [number('from', 0), number('to', Number.MAX_VALUE)]
      const after = number('after', 0)
      const found = this.#payments.filter(
        ({ id, created }) => Number(created) >= from && Number(created) < to && id > after,
      )
      const next = found.length > 4 ? found[3]!.id : null
      return Response.json({ items: found.slice(0, 4), next })
    }
    if (pathname === '/events') {
      const newest = this.#events.toSorted((a, b) => (String(a['at']) < String(b['at']) ? 1 : -1))
      const page = number('page', 1)
      const link = page * 4 < newest.length ? { link: `</events?page=${page + 1}>; rel="next"` } : undefined
      return Response.json(newest.slice((page - 1) * 4, page * 4), { headers: link ?? {} })
    }
    if (pathname === '/shops')
      return Response.json(
        this.#shops.map((id, nth) => ({ id, updated_at: iso(FIRST + (this.#changed[nth] ?? 1) * HOUR) })),
      )
    const shop = /^\/shops\/(\w+)\/loans$/.exec(pathname)?.[1]
    if (shop !== undefined) return Response.json(this.#loans[SHOPS.indexOf(shop)] ?? [])
    if (pathname === '/labels')
      return new Response(JSON.stringify(this.#labels), {
        headers: {
          'content-type': 'application/json',
          etag: `"${JSON.stringify(this.#labels).length}-${this.#added}"`,
        },
      })
    return Response.json({ message: 'not found' }, { status: 404 })
  }

  /** What the shop's people do: one row more, now. */
  readonly add = ({ table, partition }: Change): void => {
    const id = this.#added++
    const now = Date.now()
    if (table === 'orders') this.#orders.push({ id, total: '1.00', customer: { name: 'new' }, updated_at: iso(now) })
    if (table === 'payments') this.#payments.push({ id, amount: 1, created: now / 1000 })
    if (table === 'events') this.#events.push({ id, kind: 'new', at: iso(now) })
    if (table === 'labels') this.#labels.push({ id, name: `label ${id}` })
    if (table === 'shops') this.#shops.push(String(id))
    if (table === 'loans') this.#loansOf(partition, id).push({ id, shop: partition, book: 'new', lent_at: iso(now) })
  }

  /** One row that is another. */
  readonly edit = ({ table, partition, row }: RowChange): void => {
    const id = this.#added++
    if (table === 'orders') put(this.#orders, row, { total: `${id}.00`, updated_at: iso(Date.now()) })
    if (table === 'labels') put(this.#labels, row, { name: `edited ${id}` })
    if (table === 'shops') this.#changed[row['id'] === 'south' ? 1 : 0] = id
    if (table === 'loans') put(this.#loansOf(partition, id), row, { book: `edited ${id}` })
  }

  /** One row that is gone. */
  readonly remove = ({ table, partition, row }: RowChange): void => {
    const id = this.#added++
    if (table === 'labels') take(this.#labels, row)
    // A shop of which there are no loans.
    if (table === 'shops') this.#shops.splice(2, 1)
    if (table === 'loans') take(this.#loansOf(partition, id), row)
  }

  /** The loans of a shop, whose date of change moves with them. */
  #loansOf(shop: string, change: number): Item[] {
    const nth = shop === 'south' ? 1 : 0
    this.#changed[nth] = change
    return this.#loans[nth]!
  }
}

function put(items: Item[], { id }: RowChange['row'], more: object): void {
  const at = items.findIndex((item) => item.id === Number(id))
  items[at] = { ...items[at]!, ...more }
}

function take(items: Item[], { id }: RowChange['row']): void {
  items.splice(
    items.findIndex((item) => item.id === Number(id)),
    1,
  )
}

const iso = (time: number): string => new Date(time).toISOString()

function many(count: number, row: (id: number, at: number) => Item): Item[] {
  return Array.from({ length: count }, (_, nth) => row(nth + 1, FIRST + nth * HOUR))
}

const shop = new Shop()

testSource(rest, {
  server: shop.answer,
  add: shop.add,
  edit: shop.edit,
  remove: shop.remove,
  config: ({ url }) => ({
    baseUrl: url,
    authorization: { type: 'bearer', token: TOKEN },
    tables: {
      orders: {
        path: '/orders',
        rows: 'data.items',
        params: { since: '{from}' },
        primaryKey: ['id'],
        cursor: 'updated_at',
        ordered: 'ascending',
        pagination: { type: 'page', parameter: 'page' },
      },
      payments: {
        path: '/payments',
        rows: 'items',
        params: { from: '{from:unix}', to: '{to:unix}' },
        primaryKey: ['id'],
        cursor: 'created',
        immutable: true,
        columns: { created: 'unix_seconds' },
        pagination: { type: 'cursor', at: 'next', parameter: 'after' },
        window: '1d',
      },
      events: {
        path: '/events',
        primaryKey: ['id'],
        cursor: 'at',
        immutable: true,
        ordered: 'descending',
        pagination: { type: 'link' },
      },
      shops: { path: '/shops', primaryKey: ['id'] },
      loans: {
        path: '/shops/{partition}/loans',
        primaryKey: ['id'],
        parent: { table: 'shops' },
      },
      labels: { path: '/labels', primaryKey: ['id'], revision: 'etag' },
    },
  }),
})
