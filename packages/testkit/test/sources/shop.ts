import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { days, defineSource, register, type Source, SyncError, secret, unixSeconds } from '@tidemark/core'
import { z } from 'zod'

/** One deliberate mistake, for each law at least one. */
export type Mistake =
  | 'nullable key'
  | 'row of another type'
  | 'page twice'
  | 'finds nothing'
  | 'remembers what it gave'
  | 'from is left out'
  | 'fails on nothing'
  | 'ranges end too early'
  | 'wrong order'
  | 'random revision'
  | 'constant revision'
  | 'pages by number'
  | 'cursor is created'
  | 'reports nothing'
  | 'new ones from now on'
  | 'deaf to the signal'
  | 'timer left'
  | '401 is a bug'
  | 'no delay'
  | 'errors are empty pages'
  | 'says its token'
  | 'token in an error'
  | 'remembers where it was stopped'
  | 'checkpoint on disk'

interface Page {
  readonly items: readonly Record<string, unknown>[]
  readonly next: number | null
}

class Client {
  readonly #url: string
  readonly #token: string
  readonly #mistake: Mistake | undefined

  constructor(url: string, token: string, mistake: Mistake | undefined) {
    this.#url = url
    this.#token = token
    this.#mistake = mistake
  }

  async *pages(path: string, query: Record<string, string>, signal: AbortSignal): AsyncGenerator<Page['items']> {
    const paging = this.#mistake === 'pages by number' ? 'offset' : 'after'
    for (let next: number | null = 0; next !== null; ) {
      const page: Page = await this.get<Page>(path, { ...query, [paging]: String(next) }, signal)
      if (this.#mistake === 'deaf to the signal' && path === '/orders') await wait(1200)
      yield page.items
      next = page.next
    }
  }

  async get<T>(path: string, query: Record<string, string>, signal: AbortSignal): Promise<T> {
    const response = await fetch(`${this.#url}${path}?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: this.#mistake === 'deaf to the signal' ? null : signal,
    })
    if (this.#mistake === 'errors are empty pages' && !response.ok) return { items: [], next: null } as T
    if (this.#mistake === 'token in an error' && !response.ok)
      throw new SyncError(`${response.status} for Bearer ${this.#token}`, 'fix-config')
    if (response.status === 401 && this.#mistake !== '401 is a bug')
      throw new SyncError('the shop refused the token', 'fix-config')
    if (response.status === 429 || response.status >= 500) {
      const seconds = this.#mistake === 'no delay' ? 0 : Number(response.headers.get('retry-after') ?? 1)
      throw new SyncError(`the shop answered ${response.status}`, 'retry', { retryAfterMs: seconds * 1000 })
    }
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return (await response.json()) as T
  }
}

/** A shop over HTTP: a table of each kind. Right, or with one mistake. */
export function shopSource(mistake?: Mistake): Source<{ url: string; token: string; folder: string }> {
  // What no source should have: things that it remembers from one run to the next.
  const given = new Set<number>()
  const known = new Set<string>()
  let runs = 0
  const shop = defineSource({
    name: 'shop',
    config: z.object({ url: z.url(), token: secret(), folder: z.string() }),
    connect: ({ url, token, folder }, { log }) => {
      log.info('connected', { url, ...(mistake === 'says its token' ? { token } : {}) })
      if (mistake === 'timer left') setInterval(() => {}, 1000)
      runs++
      const checkpoint = `${folder}/checkpoint`
      return Object.assign(new Client(url, token, mistake), {
        checkpoint,
        close: () => rmSync(checkpoint, { force: true }),
      })
    },
  })
  const key = mistake === 'nullable key' ? z.int().nullable() : z.int()
  const orders = shop.table({
    name: 'orders',
    row: z.object({ id: key, total: z.string(), updated_at: z.iso.datetime() }),
    primaryKey: ['id'],
    cursor: 'updated_at',
    window: days(30),
    deletions: mistake === 'reports nothing' ? 'reported' : 'unseen',
    async findKeys({ client, keys, signal }) {
      const wanted = new Set(keys.map(({ id }) => id))
      const found: { id: number }[] = []
      for await (const items of client.pages('/orders', { to: '9999-12-31T00:00:00Z' }, signal))
        found.push(...(items as { id: number }[]).filter(({ id }) => wanted.has(id)))
      return mistake === 'finds nothing' ? [] : found.map(({ id }) => ({ id }))
    },
    async *read({ client, from, to, signal }) {
      const query = { to, ...(from === undefined ? {} : { [mistake === 'from is left out' ? 'above' : 'from']: from }) }
      let nth = 0
      for await (const items of client.pages('/orders', query, signal)) {
        if (items.length === 0 && mistake === 'fails on nothing') throw new Error('nothing was found')
        let rows = items as { id: number; total: string; updated_at: string }[]
        if (mistake === 'remembers what it gave' || mistake === 'remembers where it was stopped')
          rows = rows.filter(({ id }) => !given.has(id))
        if (mistake === 'checkpoint on disk') rows = unseen(client.checkpoint, rows)
        for (const { id } of rows) given.add(id)
        if (mistake === 'row of another type') yield rows.map((row) => ({ ...row, total: row.id as never }))
        else yield rows
        if (mistake === 'page twice' && nth++ === 0) yield rows.map((row) => ({ ...row, total: '0' }))
      }
      if (mistake === 'remembers where it was stopped') given.clear()
    },
  })
  const by = mistake === 'cursor is created' ? 'created' : 'changed'
  const payments = shop.table({
    name: 'payments',
    row: z.object({ id: z.int(), created: unixSeconds(), changed: unixSeconds(), paid: z.boolean() }),
    primaryKey: ['id'],
    cursor: by,
    ordered: 'ascending',
    deletions: 'unseen',
    async *read({ client, from, signal }) {
      for await (const items of client.pages('/payments', { by, ...(from === undefined ? {} : { from }) }, signal)) {
        const rows = items as { id: number; created: number; changed: number; paid: boolean }[]
        yield mistake === 'wrong order' ? rows.toReversed() : rows
      }
    },
  })
  const stock = shop.table({
    name: 'stock',
    row: z.object({ book: z.string(), shelf: z.int(), count: z.int() }),
    primaryKey: ['shelf', 'book'],
    keyRanges: { column: 'shelf', bounds: () => [3, 5] },
    async revision({ client, signal }) {
      if (mistake === 'random revision') return String(Math.random())
      if (mistake === 'constant revision') return '1'
      return String((await client.get<{ version: number }>('/version', {}, signal)).version)
    },
    async *read({ client, keyRange, signal }) {
      const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = keyRange ?? {}
      const end = mistake === 'ranges end too early' ? to - 1 : to
      for await (const items of client.pages('/stock', {}, signal)) {
        const rows = items as { book: string; shelf: number; count: number }[]
        yield rows.filter(({ shelf }) => shelf >= from && shelf < end)
      }
    },
  })
  const shops = shop.partitions(async ({ client, signal }) => {
    const { items } = await client.get<{ items: { id: string }[] }>('/shops', {}, signal)
    return items
  })
  const loans = shop.table({
    name: 'loans',
    row: z.object({ book: z.string(), lent_on: z.iso.date() }),
    primaryKey: ['book'],
    cursor: 'lent_on',
    partitions: shops,
    immutable: true,
    deletions: 'unseen',
    async *read({ client, partition, from, to, signal }) {
      const query = { shop: partition.id, to, ...(from === undefined ? {} : { from }) }
      const isNew = runs > 1 && known.size > 0 && !known.has(partition.id)
      known.add(partition.id)
      if (mistake === 'new ones from now on' && isNew) return
      for await (const items of client.pages('/loans', query, signal))
        yield items as { book: string; lent_on: string }[]
    },
  })
  return shop.with([orders, payments, stock, loans])
}

/** Rows that were not given before, by any process: what no source should keep. */
function unseen<T extends { readonly id: number }>(file: string, rows: readonly T[]): T[] {
  const seen = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  const fresh = rows.filter(({ id }) => !seen.has(String(id)))
  for (const { id } of fresh) appendFileSync(file, `${id}\n`)
  return fresh
}

register(shopSource(process.env['MISTAKE'] as Mistake | undefined))
