import type { Change, RowChange, SourceTestOptions } from '../../src/index.ts'

const PAGE = 4
const FIRST = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000

interface Item {
  readonly id: number
  readonly [field: string]: unknown
}

/** The system that the shop's source reads: rows in memory, answered by cursor and page by page. */
export class ShopSystem {
  orders: Item[] = many(10, (nth) => ({ id: nth, total: `${nth}.50`, updated_at: iso(FIRST + nth * HOUR) }))
  payments: Item[] = many(9, (nth) => ({ id: nth, created: seconds(nth), changed: seconds(nth), paid: false }))
  stock: Item[] = many(6, (nth) => ({ id: nth, book: `book ${nth}`, shelf: nth, count: nth }))
  loans: Item[] = many(10, (nth) => ({
    id: nth,
    shop: nth % 2 === 0 ? 'a' : 'b',
    book: `book ${nth}`,
    lent_on: iso(FIRST + nth * 24 * HOUR).slice(0, 10),
  }))
  version = 1
  #added = 100

  readonly answer = (request: Request): Response => {
    const { pathname, searchParams } = new URL(request.url)
    const text = (name: string): string | undefined => searchParams.get(name) ?? undefined
    if (request.headers.get('authorization') !== 'Bearer token-of-the-shop') return new Response('', { status: 401 })
    if (pathname === '/version') return Response.json({ version: this.version })
    if (pathname === '/shops') return Response.json({ items: [{ id: 'a' }, { id: 'b' }] })
    const all = { '/orders': this.orders, '/payments': this.payments, '/stock': this.stock, '/loans': this.loans }[
      pathname
    ]
    if (all === undefined) return new Response('', { status: 404 })
    const payments = text('by') ?? 'changed'
    const cursor = { '/orders': 'updated_at', '/payments': payments, '/loans': 'lent_on' }[pathname]
    const [from, to, above] = [text('from'), text('to'), text('above')].map(timeOf)
    const items = all
      .filter((item) => searchParams.get('shop') === null || item['shop'] === searchParams.get('shop'))
      .filter((item) => {
        const at = cursor === undefined ? 0 : (timeOf(item[cursor]) ?? 0)
        return (
          (from === undefined || at >= from) && (to === undefined || at < to) && (above === undefined || at > above)
        )
      })
      .sort((a, b) => (pathname === '/payments' ? Number(a[payments]) - Number(b[payments]) : a.id - b.id))
    return Response.json(pageOf(items, pathname, searchParams, pathname === '/payments' ? payments : 'id'))
  }

  readonly add = ({ table, partition }: Change): void => {
    const now = Date.now()
    const id = this.#added++
    if (table === 'orders') this.orders.push({ id, total: '1.00', updated_at: iso(now) })
    if (table === 'payments') this.payments.push({ id, created: now / 1000, changed: now / 1000, paid: false })
    if (table === 'stock') this.stock.push({ id, book: `new book ${id}`, shelf: id, count: 1 })
    const lent_on = iso(now).slice(0, 10)
    if (table === 'loans') this.loans.push({ id, shop: partition, book: `new book ${id}`, lent_on })
    this.version++
  }

  readonly edit = ({ table, row }: RowChange): void => {
    const now = Date.now()
    const id = this.#added++
    const put = (items: Item[], key: string, more: object): void => {
      const at = items.findIndex((item) => item[key] === row[key])
      items[at] = { ...items[at]!, ...more }
    }
    if (table === 'orders') put(this.orders, 'id', { total: `${id}.00`, updated_at: iso(now) })
    if (table === 'payments') put(this.payments, 'id', { paid: true, changed: now / 1000 })
    if (table === 'stock') put(this.stock, 'book', { count: id })
    this.version++
  }

  readonly remove = ({ table, row }: RowChange): void => {
    if (table === 'stock') this.stock = this.stock.filter(({ book }) => book !== row['book'])
    if (table === 'orders') this.orders = this.orders.filter(({ id }) => id !== row['id'])
    this.version++
  }
}

function pageOf(items: readonly Item[], pathname: string, query: URLSearchParams, by: string) {
  const strip = ({ id, shop: _, ...item }: Item) =>
    pathname === '/orders' || pathname === '/payments' ? { id, ...item } : item
  const offset = query.get('offset')
  if (offset !== null) {
    const at = Number(offset)
    return { items: items.slice(at, at + PAGE).map(strip), next: at + PAGE < items.length ? at + PAGE : null }
  }
  // Behind the last one that was given, wherever it stands by now. Rows are numbered from 1, payments go by their time.
  const after = Number(query.get('after') ?? 0)
  const left = items.filter((item) => Number(item[by]) > after)
  return { items: left.slice(0, PAGE).map(strip), next: left.length > PAGE ? Number(left[PAGE - 1]![by]) : null }
}

const seconds = (nth: number): number => (FIRST + nth * HOUR) / 1000
const iso = (at: number): string => new Date(at).toISOString()
const many = (count: number, item: (nth: number) => Item): Item[] =>
  Array.from({ length: count }, (_, nth) => item(nth + 1))
const timeOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : typeof value === 'number' ? value * 1000 : Date.parse(String(value))

/** How the shop's source is tested, each time with a system of its own. */
export function shopOptions(): SourceTestOptions<{ url: string; token: string; folder: string }> {
  const system = new ShopSystem()
  return {
    config: ({ url, folder }) => ({ url, token: 'token-of-the-shop', folder }),
    server: system.answer,
    add: system.add,
    edit: system.edit,
    remove: system.remove,
    entry: new URL('./shop.ts', import.meta.url),
  }
}
