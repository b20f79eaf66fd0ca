import type { Change, RowChange } from '@tidemark/testkit'

export const TOKEN = 'the-token-of-the-bookshop'
const PAGE = 3
const SHOPS = ['north', 'south']

type Row = Readonly<Record<string, unknown>>
type Item = { readonly id: string; readonly at: string; readonly row: Row }

/** Stands in for the bookshop: rows in memory, answered by their cursor and page by page. */
export class System {
  readonly #lists = new Map<string, Item[]>([
    ['/orders', many((nth, at) => ({ id: nth, shop: SHOPS[nth % 2], total: `${nth}.50`, updated_at: at }))],
    ['/payments', many((nth, at) => ({ id: `p${nth}`, changed: Date.parse(at) / 1000, paid: nth % 2 === 0 }))],
    [
      '/books/changes',
      many((nth, at) => ({ isbn: `978-${nth}`, title: `Book ${nth}`, changed_at: at, gone: nth === 3 })),
    ],
    ['/ledger', many((nth, at) => ({ line: nth, booked_on: at.slice(0, 10), text: `line ${nth}` }), 2025)],
    ...SHOPS.map((shop): [string, Item[]] => [
      `/shops/${shop}/loans`,
      many((nth, at) => ({ book: `b${nth}`, reader: shop, lent_on: at.slice(0, 10) })),
    ]),
  ])
  readonly #customers = new Map<string, Row>(
    SHOPS.flatMap((shop) =>
      [1, 2, 3, 4].map((nth): [string, Row] => {
        const id = `${shop}-${nth}`
        return [id, { id, name: `Reader ${nth}`, email: nth % 2 === 0 ? null : `${id}@example.org` }]
      }),
    ),
  )
  /** What happened to its customers since the shop keeps it: those of before are in its list alone. */
  readonly #events: Row[] = []
  #count = 100
  #corrections = 0

  readonly answer = (request: Request): Response => {
    const { pathname, searchParams } = new URL(request.url)
    if (request.headers.get('authorization') !== `Bearer ${TOKEN}`) return new Response('', { status: 401 })
    if (pathname === '/account') return Response.json({ id: 'the-bookshop' })
    if (pathname === '/ledger/state')
      return Response.json({
        lastLine: this.#list('/ledger').length,
        closedYear: 2025,
        corrections: this.#corrections,
      })
    if (pathname === '/shops')
      return Response.json({
        items: SHOPS.map((id) => ({ id, changed: String(this.#list(`/shops/${id}/loans`).length) })),
        next: null,
      })
    if (pathname === '/events/last') return Response.json({ nth: this.#events.length })
    if (pathname === '/events') return this.#page(this.#events, searchParams, Number(searchParams.get('after')))
    if (pathname === '/customers') {
      const [shop, ids] = [searchParams.get('shop'), searchParams.get('ids')?.split(',')]
      const isMeant = ([id]: [string, Row]) => (ids === undefined ? id.startsWith(`${shop}-`) : ids.includes(id))
      const after = searchParams.get('cursor') ?? ''
      const found = [...this.#customers]
        .filter((one) => isMeant(one) && one[0] > after)
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const page = found.slice(0, PAGE)
      // By their keys: behind a position a row would be skipped where one before it is removed meanwhile.
      return Response.json({ items: page.map(([, row]) => row), next: found.length > PAGE ? page.at(-1)?.[0] : null })
    }
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

  #page(all: readonly Row[], query: URLSearchParams, first: number): Response {
    const start = Number(query.get('cursor') || first)
    const next = start + PAGE < all.length ? String(start + PAGE) : null
    return Response.json({ items: all.slice(start, start + PAGE), next })
  }

  /** The customers as they are. */
  readonly customers = (): readonly Row[] => [...this.#customers.values()]

  #happened(type: 'saved' | 'removed', customer: Row): void {
    const id = String(customer['id'])
    if (type === 'removed') this.#customers.delete(id)
    else this.#customers.set(id, customer)
    this.#events.push({ nth: this.#events.length + 1, at: new Date().toISOString(), type, customer })
  }

  readonly addCustomer = (): void => {
    const id = `north-${this.#count++}`
    this.#happened('saved', { id, name: `Reader ${id}`, email: null })
  }

  readonly editCustomer = ({ row }: { readonly row: Row }): void =>
    this.#happened('saved', { ...row, email: `${this.#count++}@example.org` })

  readonly removeCustomer = ({ row }: { readonly row: Row }): void => this.#happened('removed', row)

  /** Something new comes in, now. */
  readonly add = ({ table, partition }: Change): void => {
    const nth = this.#count
    const now = new Date().toISOString()
    const today = now.slice(0, 10)
    if (table === 'orders') this.#put('/orders', { id: nth, shop: 'north', total: '1.00', updated_at: now })
    if (table === 'payments') this.#put('/payments', { id: `p${nth}`, changed: Date.parse(now) / 1000, paid: false })
    if (table === 'books')
      this.#put('/books/changes', { isbn: `978-${nth}`, title: 'New', changed_at: now, gone: false })
    if (table === 'ledger') this.#put('/ledger', { line: nth, booked_on: today, text: 'new' }, today)
    const loan = { book: `b${nth}`, reader: partition, lent_on: today }
    if (table === 'loans') this.#put(`/shops/${partition}/loans`, loan, today)
  }

  /** Someone changes a row, and the shop notes when: behind all others by then. */
  readonly edit = ({ table, row }: RowChange): void => {
    const now = new Date().toISOString()
    if (table === 'orders') this.#put('/orders', { ...row, total: `${this.#count}.00`, updated_at: now })
    if (table === 'payments')
      this.#put('/payments', { ...row, paid: row['paid'] !== true, changed: Date.parse(now) / 1000 })
    if (table === 'books')
      this.#put('/books/changes', { ...row, title: `title ${this.#count}`, changed_at: now, gone: false })
    if (table !== 'ledger') return
    const text = `corrected ${this.#count++}`
    this.#lists.set(
      '/ledger',
      this.#list('/ledger').map((item) => (isSame(item.row, row) ? { ...item, row: { ...row, text } } : item)),
    )
    this.#corrections++
  }

  /** Someone takes a row away; of its books the shop keeps a note. */
  readonly remove = ({ table, row }: RowChange): void => {
    const changed_at = new Date().toISOString()
    if (table === 'books') this.#put('/books/changes', { ...row, changed_at, gone: true })
    if (table !== 'ledger') return
    this.#lists.set(
      '/ledger',
      this.#list('/ledger').filter((item) => !isSame(item.row, row)),
    )
    this.#corrections++
  }

  /** Puts a row behind all others, in the place of what it was before. */
  #put(path: string, row: Row, at = new Date().toISOString()): void {
    const others = this.#list(path).filter((item) => !isSame(item.row, row))
    this.#lists.set(path, [...others, { id: idOf(this.#count++), at, row }])
  }

  #list(path: string): Item[] {
    return this.#lists.get(path) ?? []
  }
}

/** Whether two rows are versions of one: by what identifies rows of their kind. */
function isSame(a: Row, b: Row): boolean {
  const key = ['id', 'isbn', 'line', 'book'].find((name) => name in a) ?? ''
  return a[key] === b[key]
}

const idOf = (nth: number): string => String(nth).padStart(6, '0')

function many(row: (nth: number, at: string) => Row, year = 2026): Item[] {
  return Array.from({ length: 7 }, (_, index) => {
    const at = new Date(Date.UTC(year, 0, 2 + index)).toISOString()
    return { id: idOf(index + 1), at, row: row(index + 1, at) }
  })
}

function timeOf(text: string | null, otherwise: number): number {
  return text === null || text === '' ? otherwise : Date.parse(text)
}
