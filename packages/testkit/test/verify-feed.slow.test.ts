import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type RunOptions, sync, verify } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import bookshop from '../../../examples/source-bookshop/src/index.ts'
import { System, TOKEN } from '../../../examples/source-bookshop/test/system.ts'
import { randomOf } from '../src/crash/random.ts'
import { FaultServer } from '../src/source/fault-server.ts'

// The bookshop's customers are compared while the shop is open: each request may find it changed since the last.

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

let runners = 0
async function opened(url: string): Promise<Destination> {
  const runner = { id: `verify-fed-${++runners}`, host: 'test', pid: 1, startedAt: 1n }
  const destination = await openDestination({ url, runner, isAlive: () => true })
  onTestFinished(() => destination.close())
  return destination
}

interface Place {
  readonly url: string
  byHand(statement: string): Promise<unknown>
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  async sqlite() {
    const url = join(mkdtempSync(join(tmpdir(), 'tidemark-')), 'x.db')
    const byHand = async (statement: string) => {
      const database = new DatabaseSync(url)
      database.exec(statement)
      database.close()
    }
    return { url, byHand }
  },
  async postgres() {
    const { url, schema } = await server.newSchema()
    onTestFinished(() => server.dropSchema(schema))
    return { url, byHand: (statement) => server.execute(`set search_path to ${schema}; ${statement}`) }
  },
}

/** A bookshop whose customers change with every other request, while it is open. */
class OpenShop {
  readonly system = new System()
  isOpen = false
  /** How often its customers changed. */
  changes = 0
  readonly #random

  constructor(seed: number) {
    this.#random = randomOf(seed)
    for (let nth = 0; nth < 60; nth++) this.system.addCustomer()
  }

  readonly answer = (request: Request): Response => {
    const answer = this.system.answer(request)
    if (this.isOpen && this.#random.below(2) === 0) this.#change()
    return answer
  }

  #change(): void {
    this.changes++
    const row = this.#random.pick(this.system.customers())
    const what = this.#random.below(4)
    if (what === 0) this.system.addCustomer()
    else if (what === 1) this.system.removeCustomer({ row })
    else this.system.editCustomer({ row })
  }
}

async function world(kind: string, seed: number) {
  const place = await PLACES[kind]!()
  const shop = new OpenShop(seed)
  const http = await FaultServer.start(shop.answer)
  onTestFinished(() => http.close())
  const optionsOf = (destination: Destination): RunOptions => ({
    sources: [
      {
        name: 'books',
        source: bookshop as unknown as Source,
        config: { url: http.url, token: TOKEN },
        options: {},
      },
    ],
    destination,
    select: ['books_customers'],
    settings: { batch: { rows: 7, bytes: 1e6 } },
  })
  const destination = await opened(place.url)
  const run = async (into = destination) => expect((await sync(optionsOf(into))).exitCode).toBe(0)
  await run()
  const compared = (more: object = {}) => verify(optionsOf(destination), { table: 'books_customers', ...more })
  return { place, shop, run, compared }
}

const EXACT = { failure: undefined, found: [], missing: 0, extra: 0, different: 0, exitCode: 0 }

describe.each(Object.keys(PLACES))('a feed that is compared on %s', (kind) => {
  it('has no false difference while its source changes, also without a run that reads it', async () => {
    const { shop, run, compared } = await world(kind, 1)
    for (let times = 0; times < 4; times++) {
      shop.isOpen = true
      const before = shop.changes
      expect(await compared()).toMatchObject(EXACT)
      expect(shop.changes - before).toBeGreaterThan(10)
      shop.isOpen = false
      await run()
    }
  })

  it('has no false difference while runs read it', async () => {
    const { place, shop, run, compared } = await world(kind, 2)
    const other = await opened(place.url)
    shop.isOpen = true
    let isOver = false
    const running = (async () => {
      while (!isOver) await run(other)
    })()
    try {
      for (let times = 0; times < 4; times++) expect(await compared()).toMatchObject(EXACT)
    } finally {
      isOver = true
      await running
    }
    expect(shop.changes).toBeGreaterThan(40)
  })

  it('has those differences found that were made by hand, and repaired', async () => {
    const { place, shop, run, compared } = await world(kind, 3)
    await place.byHand("update books_customers set name = 'by hand' where id = 'south-1'")
    await place.byHand("delete from books_customers where id = 'south-2'")
    await place.byHand(
      "insert into books_customers (id, name, email, _cursor, _synced_at) select 'nobody', name, email, _cursor, _synced_at from books_customers where id = 'south-3'",
    )
    const found = await compared()
    expect(found).toMatchObject({ exitCode: 3, missing: 1, extra: 1, different: 1 })
    expect(found.found[0]!.keys.map(({ kind: what, key }) => `${what} ${key}`).sort()).toEqual([
      'different ["south-1"]',
      'extra ["nobody"]',
      'missing ["south-2"]',
    ])
    expect(await compared({ repair: true })).toMatchObject({ exitCode: 0, repair: { remaining: 0 } })
    shop.isOpen = true
    expect(await compared()).toMatchObject(EXACT)
    shop.isOpen = false
    await run()
    expect(await compared()).toMatchObject({ ...EXACT, rows: { source: shop.system.customers().length } })
  })
})
