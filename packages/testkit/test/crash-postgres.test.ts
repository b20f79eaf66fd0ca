import { setTimeout as wait } from 'node:timers/promises'
import { pathOf } from '@tidemark/destination'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { Checker, openFaultProxy, randomOf, runQuietly, seedOf, startVictim } from '../src/crash-harness.ts'
import { testCrashes } from './crash-laws.ts'
import { isLong, lane, many } from './lane.ts'
import type { CrashPlace, Places } from './places.ts'
import { type PostgresServer, postgresServer } from './postgres-server.ts'
import { testRunners } from './runner-laws.ts'

const running = await postgresServer()
const UNTIL = 200

afterAll(() => running?.close())

/** Only asked for inside of tests that do not run without one. */
function server(): PostgresServer {
  if (running === undefined) throw new Error('there is no Postgres server here')
  return running
}

async function placeIn(database: string, port?: number): Promise<CrashPlace> {
  onTestFinished(() => server().drop(database))
  return {
    url: server().url(database, port === undefined ? {} : { port }),
    shown: database,
    connect: server().connect(database),
    async backup() {
      const copy = await server().create(database)
      onTestFinished(() => server().drop(copy))
      return async () => {
        await server().drop(database)
        const again = await server().create(copy)
        await server().query('postgres', `alter database "${again}" rename to "${database}"`)
      }
    },
  }
}

/** A place that processes reach only through a proxy. */
async function proxied() {
  const proxy = await openFaultProxy({ port: server().port })
  onTestFinished(() => proxy.close())
  return { proxy, place: await placeIn(await server().create(), proxy.port) }
}

const postgresPlaces: Places = {
  name: 'postgres',
  singleWriter: false,
  empty: async () => await placeIn(await server().create()),
  async torn() {
    const { proxy, place } = await proxied()
    // The server never hears of a transaction: each statement commits by itself.
    for (const holding of ['begin', 'commit', 'rollback', 'savepoint', 'release'])
      proxy.inject({ on: 'request', holding, action: 'blank', times: Number.POSITIVE_INFINITY })
    return place
  },
}

async function isWhole(place: CrashPlace, until = UNTIL): Promise<void> {
  expect(await new Checker(place.connect).check(until)).toEqual([])
}

it.runIf(running === undefined)('is left out only while no destination takes the urls of Postgres', () => {
  expect(() => pathOf('postgres://localhost/x')).toThrow('is of the kind "postgres", which this version does not have')
})

describe.runIf(running !== undefined)('with Postgres', { timeout: 600_000 }, () => {
  testCrashes(postgresPlaces)
  testRunners(postgresPlaces)

  it('an answer to COMMIT that is lost is resolved from the record of the step', async () => {
    const random = randomOf(seedOf(process.env))
    await many(isLong ? 20 : 3, async () => {
      const { proxy, place } = await proxied()
      const victim = startVictim({ url: place.url, until: UNTIL, waitsBefore: 'run' })
      await victim.says('waiting')
      victim.go()
      await wait(random.below(150))
      const happened = proxy.inject({ on: 'reply', holding: 'COMMIT', action: 'drop' })
      expect((await victim.ended).code).toBe(0)
      expect(victim.report()?.tables.flatMap(({ failures }) => failures)).toEqual([])
      expect(happened()).toBeLessThanOrEqual(1)
      await isWhole(place)
    })
  })

  it('a server that is stopped hard while it is written has every window whole or not at all', async () => {
    const random = randomOf(seedOf(process.env))
    const place = await postgresPlaces.empty()
    const checker = new Checker(place.connect)
    let until = UNTIL
    for (let stop = 0; stop < (isLong ? 8 : 1); stop++) {
      until += 100
      const victim = startVictim({ url: place.url, until })
      await victim.says('running')
      await wait(random.below(400))
      await server().stopHard()
      await wait(200)
      await server().start()
      await victim.ended
      expect(await checker.check(until)).toEqual([])
    }
    expect(await runQuietly({ url: place.url, until })).toEqual([])
    expect(await checker.check(until)).toEqual([])
  })

  it('a session that is terminated in the middle of a transaction does not end the process: the window is written again', async () => {
    const database = await server().create()
    const place = await placeIn(database)
    const victim = startVictim({ url: place.url, until: UNTIL }, [
      { point: 'after-rows', nth: 2, action: 'sleep', ms: 300 },
    ])
    await victim.says('part')
    await wait(100)
    const ended = await server().query(
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
    )
    expect(ended.length).toBeGreaterThan(0)
    expect((await victim.ended).code).toBe(0)
    expect(victim.stderr()).toBe('')
    await isWhole(place)
  })

  it('a server that restarts between two windows is connected to again', async () => {
    const { proxy, place } = await proxied()
    const victim = startVictim({ url: place.url, until: UNTIL }, [
      { point: 'before-part', nth: 3, action: 'sleep', ms: 400 },
    ])
    await victim.says('part')
    await wait(100)
    proxy.resetAll()
    expect((await victim.ended).code).toBe(0)
    await isWhole(place)
  })

  it('a runner that stands still inside its transaction is taken over, and its COMMIT comes to nothing', async () => {
    await many(lane.zombies, async () => {
      const place = await postgresPlaces.empty()
      const zombie = startVictim({ url: place.url, until: UNTIL, leaseMs: 400 }, [
        { point: 'after-rows', nth: 2, action: 'stop' },
      ])
      await zombie.says('stopping')
      await wait(500)
      expect(await runQuietly({ url: place.url, until: UNTIL })).toEqual([])
      const checker = new Checker(place.connect)
      expect(await checker.check(UNTIL)).toEqual([])
      zombie.kill('SIGCONT')
      await zombie.ended
      expect(await checker.check(UNTIL)).toEqual([])
    })
  })

  it('a connection that is half open is given up, and the run ends as one that lost its destination', async () => {
    const { proxy, place } = await proxied()
    const victim = startVictim({ url: place.url, until: UNTIL, pageMs: 5 })
    await victim.says('part')
    proxy.inject({ on: 'request', action: 'half-open', times: Number.POSITIVE_INFINITY })
    expect((await victim.ended).code).toBe(6)
    await isWhole(place)
  })

  it('a role that owns nothing but its schema is enough', async () => {
    const database = await server().create()
    const place = await placeIn(database)
    await server().query('postgres', `drop role if exists "modest_${database}"`)
    await server().query('postgres', `create role "modest_${database}" login password 'modest'`)
    await server().query(database, `create schema modest authorization "modest_${database}"`)
    await server().query(database, 'revoke create on schema public from public')
    const url = server().url(database, { user: `modest_${database}`, query: 'schema=modest' })
    expect(await runQuietly({ url, until: UNTIL })).toEqual([])
    expect(place.url).not.toBe(url)
  })
})
