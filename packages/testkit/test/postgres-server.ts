import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type FaultProxy, openFaultProxy } from '../src/crash-harness.ts'
import { type CrashPlace, looker, type Places } from './places.ts'

/** A database of a server, and a proxy where processes reach it only through one. */
export interface PostgresPlace extends CrashPlace {
  readonly database: string
}

/** A server of its own for a test file: it is stopped hard, and talked to through proxies. */
export interface PostgresPlaces extends Places {
  readonly server: () => PostgresServer
  empty(): Promise<PostgresPlace>
  proxied(): Promise<{ readonly proxy: FaultProxy; readonly place: PostgresPlace }>
}

// What makes statements one transaction, as the destination says it; COMMIT and ROLLBACK are taken outside of one, too.
const BRACKETS = [
  'begin isolation level read committed read write;',
  'local ',
  'on commit drop',
  // What is set for a transaction is gone with the statement then.
  "select set_config('lock_timeout', current_setting('tidemark.lock_timeout'), true);",
  ...['attempt', 'tentative', 'unlocked'].flatMap((name) => [
    `savepoint ${name}`,
    `rollback to ${name}`,
    `release ${name}`,
  ]),
]

export function postgresPlaces(): PostgresPlaces {
  let running: PostgresServer
  beforeAll(async () => {
    running = await startPostgres()
  })
  afterAll(() => running.stop())

  async function empty(port?: number): Promise<PostgresPlace> {
    const database = await running.newDatabase()
    onTestFinished(() => running.dropDatabase(database))
    // Where statements of the tests find the tables by their names alone.
    const own = `${running.urlOf(database)}?schema=public`
    const url = new URL(own)
    if (port !== undefined) url.port = String(port)
    return {
      database,
      url: url.href,
      shown: database,
      connect: () => openDestination({ url: own, runner: looker }),
      async backup() {
        const copy = await running.newDatabase(database)
        onTestFinished(() => running.dropDatabase(copy))
        return async () => {
          await running.dropDatabase(database)
          await running.execute(`create database ${database} template ${copy}`)
        }
      },
    }
  }

  async function proxied() {
    const proxy = await openFaultProxy({ port: running.port })
    onTestFinished(() => proxy.close())
    return { proxy, place: await empty(proxy.port) }
  }

  return {
    name: 'postgres',
    singleWriter: false,
    server: () => running,
    empty: () => empty(),
    proxied,
    async torn() {
      const { proxy, place } = await proxied()
      // The server never hears of a transaction: each statement commits by itself.
      for (const holding of BRACKETS)
        proxy.inject({ on: 'request', holding, action: 'blank', times: Number.POSITIVE_INFINITY })
      return { ...place, withoutTransactions: true }
    },
  }
}
