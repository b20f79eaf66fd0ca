import { defineSource, secret } from '@tidemark/core'
import { byCursor, byLink, byPageNumber, decimal, HttpClient, pages, reanchored, revisionOf } from '@tidemark/http'
import { z } from 'zod'

const shop = defineSource({
  name: 'shop',
  config: z.object({ url: z.url().default('https://api.shop.example/v1'), token: secret() }),
  connect: ({ url, token }, { log, clock }) =>
    new HttpClient({
      baseUrl: url,
      authorization: { type: 'bearer', token },
      rate: { requests: 100, perMs: 60_000 },
      log,
      clock,
    }),
})

type Order = { id: number; total: unknown; updated_at: string }

/** Sorted by update, so the list moves while it is read: each page is requested by the last cursor seen. */
export const orders = shop.table({
  name: 'orders',
  row: z.object({ id: z.int(), total: decimal(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  ordered: 'ascending',
  async *read({ client, from, signal }) {
    const list = reanchored<Order>(client, {
      from,
      request: (since) => ({ path: '/orders', query: { since, sort: 'updated_at' }, signal }),
      paging: byPageNumber({ parameter: 'page', size: { parameter: 'per_page', value: 100 } }),
      cursorOf: (order) => order.updated_at,
      keyOf: (order) => String(order.id),
      rows: 'data',
    })
    for await (const page of list) yield page.rows
  },
})

type Payment = { id: string; made_at: string }

/** The server keeps the position: its cursor does not move with the rows. A payment never changes. */
export const payments = shop.table({
  name: 'payments',
  row: z.object({ id: z.string(), made_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'made_at',
  immutable: true,
  async *read({ client, from, to, signal }) {
    const list = pages<Payment>(client, {
      request: { path: '/payments', query: { from, to }, signal },
      paging: byCursor({ at: 'meta.next', parameter: 'after' }),
      rows: 'data',
    })
    for await (const page of list) yield page.rows
  },
})

type Country = { code: string; name: string }

/** A full refresh, only if the ETag has changed. */
export const countries = shop.table({
  name: 'countries',
  row: z.object({ code: z.string(), name: z.string() }),
  primaryKey: ['code'],
  revision: ({ client, previous, signal }) => revisionOf(client, { path: '/countries', signal }, previous),
  async *read({ client, signal }) {
    for await (const page of pages<Country>(client, { request: { path: '/countries', signal } })) yield page.rows
  },
})

type Label = { id: number }

export const labels = shop.table({
  name: 'labels',
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  async *read({ client, signal }) {
    const list = pages<Label>(client, { request: { path: '/labels', signal }, paging: byLink() })
    for await (const page of list) yield page.rows
  },
})

export const source = shop.with([orders, payments, countries, labels])
