import { setTimeout as wait } from 'node:timers/promises'
import { openDestination } from '@tidemark/destination'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  Checker,
  type Connect,
  FedChecker,
  lookAtChunks,
  randomOf,
  runQuietly,
  seedOf,
  startVictim,
} from '../src/crash-harness.ts'
import { isLong, lane, many, TIMEOUT } from './lane.ts'
import { looker } from './places.ts'
import { postgresPlaces } from './postgres-server.ts'

const places = postgresPlaces()
const UNTIL = 200

const say = (text: string): void => console.log(text)

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await wait(10)
}

async function isWhole({ connect }: { readonly connect: Connect }, until = UNTIL): Promise<void> {
  expect(await new Checker(connect).check(until)).toEqual([])
}

describe('with Postgres', { timeout: TIMEOUT }, () => {
  it('an answer to COMMIT that is lost is resolved from the record of the step', async () => {
    const seed = seedOf(process.env)
    const random = randomOf(seed)
    let lost = 0
    await many(lane.lostCommits, async () => {
      const { proxy, place } = await places.proxied()
      const victim = startVictim({ url: place.url, until: UNTIL, waitsBefore: 'run' })
      await victim.says('waiting')
      victim.go()
      await wait(random.below(150))
      const happened = proxy.inject({ on: 'reply', holding: 'COMMIT', action: 'drop' })
      expect((await victim.ended).code).toBe(0)
      expect(victim.report()?.tables.flatMap(({ failures }) => failures)).toEqual([])
      expect(happened()).toBeLessThanOrEqual(1)
      lost += happened()
      await isWhole(place)
    })
    expect(lost).toBeGreaterThan(0)
    say(`postgres: ${lost} answers to COMMIT were lost (seed ${seed}), 0 violations`)
  })

  it.each([
    ['a feed', { fed: true }, undefined],
    ['chunks beside a feed', { chunked: { growth: 100 } }, lookAtChunks],
  ] as const)(
    'an answer to COMMIT of a batch of %s that is lost leaves its rows and offset once',
    async (name, read, look) => {
      const seed = seedOf(process.env)
      const random = randomOf(seed)
      let lost = 0
      await many(lane.lostCommits, async () => {
        const { proxy, place } = await places.proxied()
        const victim = startVictim({ url: place.url, until: 100, pageMs: 2, waitsBefore: 'run', ...read })
        await victim.says('waiting')
        victim.go()
        // Those before are of leases and shapes.
        await victim.says('batch')
        await wait(random.below(200))
        const happened = proxy.inject({ on: 'reply', holding: 'COMMIT', action: 'drop' })
        expect((await victim.ended).code).toBe(0)
        expect(victim.report()?.tables.flatMap(({ failures }) => failures)).toEqual([])
        lost += happened()
        expect(await new FedChecker(place.connect, look).check(100, victim.lines)).toEqual([])
        const destination = await place.connect()
        expect([...((await destination.state()).feeds?.values() ?? [])].map(({ offset }) => offset)).toEqual([
          '{"at":100}',
        ])
        await destination.close()
      })
      expect(lost).toBeGreaterThan(0)
      say(`postgres: ${lost} answers to COMMIT of ${name} were lost (seed ${seed}), 0 violations`)
    },
  )

  it('a server that is stopped hard while it is written has every window whole or not at all', async () => {
    const seed = seedOf(process.env)
    const random = randomOf(seed)
    const place = await places.empty()
    const checker = new Checker(place.connect)
    let until = UNTIL
    for (let stop = 0; stop < lane.hardStops; stop++) {
      until += 100
      const victim = startVictim({ url: place.url, until })
      await victim.says('running')
      await wait(random.below(400))
      await places.server().halt()
      await wait(200)
      await places.server().crash()
      await victim.ended
      expect(await checker.check(until)).toEqual([])
    }
    expect(await runQuietly({ url: place.url, until })).toEqual([])
    expect(await checker.check(until)).toEqual([])
    say(`postgres: the server was stopped hard ${lane.hardStops} times (seed ${seed}), 0 violations`)
  })

  it('a session that is terminated in the middle of a transaction does not end the process: the window is written again', async () => {
    const place = await places.empty()
    const victim = startVictim({ url: place.url, until: UNTIL }, [
      { point: 'after-rows', nth: 2, action: 'sleep', ms: 300 },
    ])
    await victim.says('batch')
    await wait(100)
    const ended = await places
      .server()
      .rows(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${place.database}'`)
    expect(ended.length).toBeGreaterThan(0)
    expect((await victim.ended).code).toBe(0)
    expect(victim.stderr()).toBe('')
    await isWhole(place)
  })

  it('a server that restarts between two windows is connected to again', async () => {
    const { proxy, place } = await places.proxied()
    const victim = startVictim({ url: place.url, until: UNTIL }, [
      { point: 'before-batch', nth: 3, action: 'sleep', ms: 400 },
    ])
    await victim.says('batch')
    await wait(100)
    proxy.resetAll()
    expect((await victim.ended).code).toBe(0)
    await isWhole(place)
  })

  it('a runner that stands still inside its transaction is taken over, and its COMMIT comes to nothing', async () => {
    await many(lane.zombiesInside, async () => {
      const place = await places.empty()
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
    say(`postgres: ${lane.zombiesInside} runners stood still inside a transaction and woke up, 0 violations`)
  })

  it('a runner that stands still inside COPY is taken over: its session is ended, and its rows come to nothing', async () => {
    await many(lane.zombiesInside, async () => {
      const { proxy, place } = await places.proxied()
      const zombie = startVictim({ url: place.url, until: UNTIL, leaseMs: 400, concurrency: 1 })
      // The server has the command and none of its rows.
      const stuck = proxy.inject({ on: 'request', holding: 'PGCOPY', action: 'half-open' })
      await until(async () => stuck() > 0)
      zombie.kill('SIGSTOP')
      const copying = `select pid from pg_stat_activity where datname = '${place.database}' and query like 'copy%' and state = 'active'`
      expect(await places.server().rows(copying)).toHaveLength(1)
      await wait(500)
      const direct = places.server().urlOf(place.database)
      expect(await runQuietly({ url: direct, until: UNTIL })).toEqual([])
      expect(await places.server().rows(copying)).toEqual([])
      const checker = new Checker(place.connect)
      expect(await checker.check(UNTIL)).toEqual([])
      zombie.kill('SIGCONT')
      await zombie.ended
      expect(await checker.check(UNTIL)).toEqual([])
    })
    say(`postgres: ${lane.zombiesInside} runners stood still inside COPY and woke up, 0 violations`)
  })

  const statements = [
    ['COPY', 'PGCOPY'],
    ['MERGE', 'merge into'],
    ['COMMIT', 'commit\0'],
  ] as const
  it.each(isLong ? statements : statements.slice(0, 1))(
    'a connection that is half open from its %s on is given up, and the part is written on another one',
    async (_, holding) => {
      const { proxy, place } = await places.proxied()
      expect(await runQuietly({ url: place.url, until: 60 })).toEqual([])
      const stuck = proxy.inject({ on: 'request', holding, action: 'half-open' })
      const victim = startVictim({ url: place.url, until: UNTIL, leaseMs: 6000 })
      expect((await victim.ended).code).toBe(0)
      expect(victim.report()?.tables.flatMap(({ failures }) => failures)).toEqual([])
      expect(stuck()).toBe(1)
      await isWhole(place)
    },
  )

  it('a statement that takes long is waited for: only a server that does not work is given up', async () => {
    const place = await places.empty()
    expect(await runQuietly({ url: place.url, until: 60 })).toEqual([])
    // What a sequence has counted stays, also where a transaction is rolled back.
    for (const statement of [
      'create sequence asked',
      `create function slow() returns trigger language plpgsql as $$ begin perform nextval('asked'), pg_sleep(6); return null; end $$`,
      'create trigger slow before insert on crash_ascending for each statement execute function slow()',
    ])
      await places.server().rows(statement, place.database)
    const victim = startVictim({ url: place.url, until: 90, leaseMs: 6000 })
    expect((await victim.ended).code).toBe(0)
    expect(await places.server().rows('select last_value from asked', place.database)).toEqual([['1']])
    await isWhole(place, 90)
  })

  const states = [
    ['deadlock', '40P01'],
    ['serialization failure', '40001'],
  ] as const
  it.each(isLong ? states : states.slice(0, 1))(
    'a transaction that the server ends with a %s is done again',
    async (_, code) => {
      const place = await places.empty()
      expect(await runQuietly({ url: place.url, until: 60 })).toEqual([])
      for (const statement of [
        'create sequence asked',
        `create function first() returns trigger language plpgsql as $$ begin
        if nextval('asked') = 1 then raise exception 'injected' using errcode = '${code}'; end if; return null; end $$`,
        'create trigger first after insert on crash_keyed for each statement execute function first()',
      ])
        await places.server().rows(statement, place.database)
      expect(await runQuietly({ url: place.url, until: UNTIL })).toEqual([])
      expect(await places.server().rows('select last_value > 1 from asked', place.database)).toEqual([[true]])
      await isWhole(place)
    },
  )

  it.runIf(isLong)('a network that is cut ends the run as one that lost its destination', async () => {
    const { proxy, place } = await places.proxied()
    const victim = startVictim({ url: place.url, until: UNTIL, pageMs: 5, leaseMs: 3000 })
    await victim.says('batch')
    proxy.inject({ on: 'request', action: 'half-open', times: Number.POSITIVE_INFINITY })
    expect((await victim.ended).code).toBe(6)
    await isWhole(place)
  })

  it('a role that owns nothing but its schema is enough', async () => {
    const { database } = await places.empty()
    const server = places.server()
    const role = `modest_${database}`
    await server.execute(`create role ${role} login password 'modest'`)
    onTestFinished(async () => {
      await server.dropDatabase(database)
      await server.execute(`drop role ${role}`)
    })
    await server.rows(`create schema modest authorization ${role}`, database)
    await server.rows('revoke all on schema public from public', database)
    const url = new URL(server.urlOf(database))
    url.username = role
    url.password = 'modest'
    url.searchParams.set('schema', 'modest')
    expect(await runQuietly({ url: url.href, until: UNTIL })).toEqual([])
    await isWhole({ connect: () => openDestination({ url: url.href, runner: looker }) })
  })
})
