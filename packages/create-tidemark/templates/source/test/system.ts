import type { RowChange } from '@tidemark/testkit'

interface Item {
  readonly id: number
  readonly name: string
  readonly updated_at: string
}

export const TOKEN = 'a-token-for-tests'
const PAGE = 3

/** Mocks the system in tests: it keeps rows in memory, and returns them by time, page by page. */
export class System {
  readonly #items: Item[] = Array.from({ length: 8 }, (_, nth) => ({
    id: nth + 1,
    name: `item ${nth + 1}`,
    updated_at: new Date(Date.UTC(2026, 0, 1 + nth)).toISOString(),
  }))

  readonly answer = (request: Request): Response => {
    const { pathname, searchParams } = new URL(request.url)
    if (request.headers.get('authorization') !== `Bearer ${TOKEN}`) return new Response('', { status: 401 })
    if (pathname !== '/items') return new Response('', { status: 404 })
    const from = Date.parse(searchParams.get('from') ?? '1970-01-01')
    const to = Date.parse(searchParams.get('to') ?? '9999-01-01')
    const after = Number(searchParams.get('after'))
    const found = this.#items.filter(({ id, updated_at }) => {
      const at = Date.parse(updated_at)
      return at >= from && at < to && id > after
    })
    const items = found.slice(0, PAGE)
    return Response.json({ items, next: found.length > PAGE ? items.at(-1)?.id : null })
  }

  /** Adds a row, as a user of the system does. */
  readonly add = (): void => {
    const id = this.#items.length + 1
    this.#items.push({ id, name: `item ${id}`, updated_at: new Date().toISOString() })
  }

  /** Changes a row, as a user of the system does: the system records the time. */
  readonly edit = ({ row }: RowChange): void => {
    const at = this.#items.findIndex(({ id }) => id === row['id'])
    const before = this.#items[at]
    if (before === undefined) return
    this.#items[at] = { ...before, name: `${before.name}!`, updated_at: new Date().toISOString() }
  }
}
