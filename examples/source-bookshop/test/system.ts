import type { Change } from '@tidemark/testkit'

export const TOKEN = 'the-token-of-the-bookshop'
const PAGE = 3
const SHOPS = ['north', 'south']

type Item = { readonly id: string; readonly at: string; readonly [field: string]: unknown }

/** Stands in for the bookshop: rows in memory, answered by their cursor and page by page. */
export class System {
  readonly #lists = new Map<string, Item[]>([
    ['/orders', many((nth, at) => ({ id: nth, shop: SHOPS[nth % 2], total: `${nth}.50`, updated_at: at }))],
    ['/payments', many((nth, at) => ({ id: `p${nth}`, created: Date.parse(at) / 1000, paid: nth % 2 === 0 }))],
    [
      '/books/changes',
      many((nth, at) => ({ isbn: `978-${nth}`, title: `Book ${nth}`, changed_at: at, gone: nth === 3 })),
    ],
    ['/ledger', many((nth, at) => ({ line: nth, booked_on: at.slice(0, 10), text: `line ${nth}` }))],
    ...SHOPS.map((shop): [string, Item[]] => [
      `/shops/${shop}/loans`,
      many((nth, at) => ({ book: `b${nth}`, reader: shop, lent_on: at.slice(0, 10) })),
    ]),
  ])
  #count = 100

  readonly answer = (request: Request): Response => {
    const { pathname, searchParams } = new URL(request.url)
    if (request.headers.get('authorization') !== `Bearer ${TOKEN}`) return new Response('', { status: 401 })
    if (pathname === '/account') return Response.json({ id: 'the-bookshop' })
    if (pathname === '/ledger/state') return Response.json({ lastLine: this.#list('/ledger').length, closedYear: 2025 })
    if (pathname === '/shops')
      return Response.json({
        items: SHOPS.map((id) => ({ id, changed: String(this.#list(`/shops/${id}/loans`).length) })),
        next: null,
      })
    const from = timeOf(searchParams.get('from'), Number.NEGATIVE_INFINITY)
    const to = timeOf(searchParams.get('to'), Number.POSITIVE_INFINITY)
    const after = searchParams.get('cursor') ?? ''
    const found = this.#list(pathname).filter(
      ({ id, at }) => Date.parse(at) >= from && Date.parse(at) < to && id > after,
    )
    const page = found.slice(0, PAGE)
    const items = page.map(({ id: _id, at: _at, row }) => row)
    return Response.json({ items, next: found.length > PAGE ? page.at(-1)?.id : null })
  }

  /** Something new comes in, now. */
  readonly change = ({ table, partition }: Change): void => {
    const nth = this.#count++
    const now = new Date().toISOString()
    const add = (path: string, row: object, at = now): void => void this.#list(path).push({ id: idOf(nth), at, row })
    const today = now.slice(0, 10)
    if (table === 'orders') add('/orders', { id: nth, shop: 'north', total: '1.00', updated_at: now })
    if (table === 'payments') add('/payments', { id: `p${nth}`, created: Date.parse(now) / 1000, paid: true })
    if (table === 'books') add('/books/changes', { isbn: `978-${nth}`, title: 'New', changed_at: now, gone: false })
    if (table === 'ledger') add('/ledger', { line: nth, booked_on: today, text: 'new' }, today)
    if (table === 'loans')
      add(`/shops/${partition}/loans`, { book: `b${nth}`, reader: partition, lent_on: today }, today)
  }

  #list(path: string): Item[] {
    return this.#lists.get(path) ?? []
  }
}

const idOf = (nth: number): string => String(nth).padStart(6, '0')

function many(row: (nth: number, at: string) => object): Item[] {
  return Array.from({ length: 7 }, (_, index) => {
    const at = new Date(Date.UTC(2026, 0, 2 + index)).toISOString()
    return { id: idOf(index + 1), at, row: row(index + 1, at) }
  })
}

function timeOf(text: string | null, otherwise: number): number {
  return text === null || text === '' ? otherwise : Date.parse(text)
}
