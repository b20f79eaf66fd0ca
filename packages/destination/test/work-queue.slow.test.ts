import { describe, expect, it } from 'vitest'
import {
  isShareable,
  openQueueDatabase,
  openReader,
  placeOf,
  readWorkStatus,
  WorkQueue,
  workStatus,
} from '../src/index.ts'
import { onPostgres, until } from './postgres-place.ts'
import { ALL, dayOf, newWorker, ranked, statusOf } from './queue-place.ts'

const newPlace = onPostgres()

describe('the queue that workers share', () => {
  it('holds a window once, queued or running, and again once it was done', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    const days = ranked([dayOf(3), dayOf(2), dayOf(1)])
    expect(await queue.send(days)).toBe(3)
    expect(await queue.send(days)).toBe(0)
    const [job] = await queue.fetch(ALL)
    expect(job?.window).toEqual(dayOf(3))
    expect(await queue.send(days)).toBe(0)
    await queue.complete(job!)
    expect(await queue.send(days)).toBe(1)
  })

  it('holds one current window of a partition, whenever it was planned to end', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    expect(await queue.send(ranked([dayOf(3, { lane: 'current' })]))).toBe(1)
    expect(await queue.send(ranked([dayOf(3, { lane: 'current', to: 7n })]))).toBe(0)
    expect(await queue.send(ranked([dayOf(3, { lane: 'current', partition: 'eu' })]))).toBe(1)
  })

  it('gives current windows before backfills, the newest of each table first, and a backfill to whoever asks for one', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    await queue.send(ranked([dayOf(9), dayOf(8), dayOf(7)]))
    await queue.send(ranked([dayOf(9, { table: 'more' }), dayOf(8, { table: 'more' })]))
    await queue.send(ranked([dayOf(10, { lane: 'current' })]))
    await queue.send(ranked([dayOf(10, { lane: 'current', table: 'more' })]))
    const next = async (lane?: 'backfill') => {
      const [job] = await queue.fetch({ ...ALL, lane })
      return job && `${job.window.table} ${job.window.from! / 86_400_000_000n}`
    }
    expect(await next('backfill')).toBe('days 9')
    const rest = [await next(), await next(), await next(), await next(), await next(), await next(), await next()]
    expect(rest).toEqual(['days 10', 'more 10', 'more 9', 'days 8', 'more 8', 'days 7', undefined])
  })

  it('never runs more windows of a source at once than it may, however many workers fetch at the same moment', async () => {
    const { url } = await newPlace()
    const workers = await Promise.all([newWorker(url), newWorker(url), newWorker(url)])
    const crm = Array.from({ length: 20 }, (_, day) => dayOf(day, { source: 'crm' }))
    await workers[0]!.queue.send(ranked([...Array.from({ length: 20 }, (_, day) => dayOf(day)), ...crm]))
    const all = { ...ALL, limit: 2, perSource: 3 }
    const fetched = (await Promise.all(workers.flatMap(({ queue }) => [1, 2, 3].map(() => queue.fetch(all))))).flat()
    const of = (source: string) => fetched.filter(({ window }) => window.source === source).length
    expect([of('shop'), of('crm')]).toEqual([3, 3])
    await workers[0]!.queue.complete(fetched.find(({ window }) => window.source === 'crm')!)
    expect((await workers[1]!.queue.fetch(all)).map(({ window }) => window.source)).toEqual(['crm'])
  })

  it('gives a worker windows of its own sources alone', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    await queue.send(ranked([dayOf(2, { source: 'crm' }), dayOf(1)]))
    const [job, ...more] = await queue.fetch({ ...ALL, limit: 5, sources: ['shop'] })
    expect([job?.window, more]).toEqual([dayOf(1), []])
    expect(await queue.fetch({ ...ALL, sources: [] })).toEqual([])
  })

  it('gives nobody a window of a source that is paused, and the others are not held up', async () => {
    const { url } = await newPlace()
    const [one, two] = [await newWorker(url), await newWorker(url)]
    await one.queue.send(ranked([dayOf(2), dayOf(1, { source: 'crm' })]))
    await one.queue.pause('shop', 3_600_000)
    await one.queue.pause('shop', 10)
    const [job, ...more] = await two.queue.fetch({ ...ALL, limit: 5 })
    expect([job?.window.source, more]).toEqual(['crm', []])
    const { sources } = await statusOf(two.database)
    expect(sources.map(({ source, pausedUntil }) => [source, pausedUntil !== undefined])).toEqual([
      ['crm', false],
      ['shop', true],
    ])
  })

  it('returns a job that is released, not before its time', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    await queue.send(ranked([dayOf(1)]))
    const [first] = await queue.fetch(ALL)
    await queue.release(first!)
    const [second] = await queue.fetch(ALL)
    expect(second).toMatchObject({ id: first!.id, window: dayOf(1) })
    await queue.release(second!, 3_600_000)
    expect(await queue.fetch(ALL)).toEqual([])
    expect(await queue.send(ranked([dayOf(1)]))).toBe(0)
  })

  it('keeps what failed among the dead letters with its reason, until it is sent again', async () => {
    const { url } = await newPlace()
    const { queue, database } = await newWorker(url)
    await queue.send(ranked([dayOf(2), dayOf(1)]))
    const [job] = await queue.fetch(ALL)
    await queue.fail(job!, { message: 'no table "days"', remedy: 'fix-config', code: 'unknown-table' })
    const status = await statusOf(database)
    expect(status.sources).toMatchObject([{ source: 'shop', queued: 1, running: 0, dead: 1 }])
    expect(status.deadLetters).toMatchObject([
      { window: dayOf(2), message: 'no table "days"', remedy: 'fix-config', code: 'unknown-table' },
    ])
    expect(await queue.send(ranked([dayOf(2), dayOf(1)]))).toBe(1)
    expect((await statusOf(database)).sources).toMatchObject([{ source: 'shop', queued: 2, running: 0, dead: 0 }])
  })

  it('takes a job of another program for a dead letter, and gives the next one', async () => {
    const { url, rows, schema } = await newPlace()
    const { queue, database } = await newWorker(url)
    await queue.send(ranked([dayOf(4), dayOf(3), dayOf(2), dayOf(1)]))
    const strange = [`'{}'`, 'null', `data || '{"from": "x"}'`]
    for (const [at, data] of strange.entries())
      await rows(`update "${schema}_jobs".job set data = ${data} where data->>'from' = $1`, [`${dayOf(4 - at).from}`])
    expect((await queue.fetch({ ...ALL, limit: 4 })).map(({ window }) => window)).toEqual([dayOf(1)])
    expect(await statusOf(database)).toMatchObject({ sources: [{ queued: 0, running: 1, dead: 3 }], deadLetters: [] })
  })

  it('forgets that pg-boss gave a window up that took a day, and was read', async () => {
    const { url, rows, schema } = await newPlace()
    const { queue, database } = await newWorker(url)
    await queue.send(ranked([dayOf(1)]))
    const [job] = await queue.fetch(ALL)
    await rows(`with lost as (update "${schema}_jobs".job set state = 'failed' where name = 'windows' returning *)
      insert into "${schema}_jobs".job (name, data, group_id, source_id) select 'dead', data, group_id, id from lost`)
    expect((await statusOf(database)).sources).toMatchObject([{ dead: 1 }])
    await queue.complete(job!)
    expect((await statusOf(database)).sources).toMatchObject([{ queued: 0, running: 0, dead: 0 }])
  })

  it('has room for 10,000 jobs, and for some of each source even then', async () => {
    const { url } = await newPlace()
    const { queue } = await newWorker(url)
    expect(await queue.room('shop')).toBe(10_000)
    await queue.send(ranked(Array.from({ length: 10_000 }, (_, day) => dayOf(day))))
    expect([await queue.room('shop'), await queue.room('crm')]).toEqual([0, 200])
    await queue.send(ranked(Array.from({ length: 200 }, (_, day) => dayOf(day, { source: 'crm' }))))
    expect(await queue.room('crm')).toBe(0)
    await queue.fetch({ ...ALL, limit: 50, sources: ['crm'] })
    expect(await queue.room('crm')).toBe(50)
  })
})

describe('a job is completed', () => {
  it('in the transaction that commits its window, or not at all', async () => {
    const { url, rows, schema } = await newPlace()
    const { queue, database } = await newWorker(url)
    await rows('create table written (day integer)')
    await queue.send(ranked([dayOf(1)]))
    const [job] = await queue.fetch(ALL)
    const commit = (ends: 'commits' | 'fails') =>
      database.transaction(async (execute) => {
        await execute(`insert into "${schema}".written values (1)`)
        await queue.completing(job!)(execute)
        if (ends === 'fails') throw new Error('the machine lost its power')
      })
    const counts = async () => [
      (await rows('select from written')).length,
      (await statusOf(database)).sources[0]?.running,
    ]
    await expect(commit('fails')).rejects.toThrow('lost its power')
    expect(await counts()).toEqual([0, 1])
    await commit('commits')
    expect(await counts()).toEqual([1, 0])
  })

  it('by nobody who does not hold it, and the commit stands by its fence alone', async () => {
    const { url, rows, schema } = await newPlace()
    const [one, two] = [await newWorker(url), await newWorker(url)]
    await rows('create table written (worker text)')
    await one.queue.send(ranked([dayOf(1)]))
    const [stale] = await one.queue.fetch(ALL)
    await one.queue.release(stale!)
    const [held] = await two.queue.fetch(ALL)
    await one.database.transaction(async (execute) => {
      await execute(`insert into "${schema}".written values ('one')`)
      await one.queue.completing(stale!)(execute)
    })
    for (const settle of [
      () => one.queue.complete(stale!),
      () => one.queue.release(stale!),
      () => one.queue.fail(stale!, { message: 'x', remedy: 'retry', code: undefined }),
    ])
      await settle()
    expect((await statusOf(one.database)).sources).toMatchObject([{ running: 1, queued: 0, dead: 0 }])
    await two.queue.complete(held!)
    expect((await statusOf(one.database)).sources).toMatchObject([{ running: 0, queued: 0, dead: 0 }])
    expect(await rows('select worker from written')).toEqual([{ worker: 'one' }])
  })

  it('inside the transaction that a destination commits in, whose values are its own', async () => {
    const { url, server, schema } = await newPlace()
    const { queue, database } = await newWorker(url)
    await queue.send(ranked([dayOf(1)]))
    const [job] = await queue.fetch(ALL)
    const client = await server.connect(schema, 'a driver that gives texts')
    const types = { getTypeParser: () => (value: string) => value }
    await client.query('begin; set local enable_seqscan = off; set local search_path = pg_temp')
    await queue.completing(job!)(
      async (text, values) => await client.query({ text, values: [...(values ?? [])], types }),
    )
    await client.query('commit')
    await client.end()
    expect((await statusOf(database)).sources).toMatchObject([{ running: 0, queued: 0, dead: 0 }])
  })
})

describe('what a dead worker held', () => {
  it('is returned once its heartbeat is older than its leases last, and not before', async () => {
    const { url } = await newPlace()
    const [dying, other] = [await newWorker(url), await newWorker(url)]
    await dying.queue.send(ranked([dayOf(2), dayOf(1)]))
    const [job] = await dying.queue.fetch(ALL)
    await dying.queue.claimPlanner('shop', 60_000)
    expect(await other.queue.returnLostJobs()).toBe(0)
    expect((await other.queue.claimPlanner('shop', 60_000)).isOurs).toBe(false)
    await dying.database.execute(
      `update ${dying.database.stateSchema}._tidemark_runners set heartbeat_at = heartbeat_at - 61000000 where id = $1`,
      [dying.runner.id],
    )
    expect((await statusOf(other.database)).workers.map(({ isAlive }) => isAlive).sort()).toEqual([false, true])
    expect(await other.queue.returnLostJobs()).toBe(1)
    expect(await other.queue.returnLostJobs()).toBe(0)
    expect((await other.queue.claimPlanner('shop', 60_000)).isOurs).toBe(true)
    const [again] = await other.queue.fetch(ALL)
    expect(again).toMatchObject({ id: job!.id, window: dayOf(2) })
    // The one that was only slow settles what it holds no longer.
    await dying.queue.complete(job!)
    expect((await statusOf(other.database)).sources).toMatchObject([{ running: 1, queued: 1 }])
  })

  it('is returned at once where its process has ended on the same machine', async () => {
    const { url } = await newPlace()
    const dying = await newWorker(url)
    const other = await newWorker(url, { isAlive: ({ id }) => (id === dying.runner.id ? false : undefined) })
    await dying.queue.send(ranked([dayOf(1)]))
    await dying.queue.fetch(ALL)
    expect(await other.queue.returnLostJobs()).toBe(1)
  })

  it('waits for a commit that is on its way, which completes it', async () => {
    const { url, rows } = await newPlace()
    const [dying, other] = [await newWorker(url), await newWorker(url)]
    await dying.queue.send(ranked([dayOf(1)]))
    const [job] = await dying.queue.fetch(ALL)
    await dying.database.execute(
      `update ${dying.database.stateSchema}._tidemark_runners set heartbeat_at = 0 where id = $1`,
      [dying.runner.id],
    )
    let returning: Promise<number> | undefined
    await dying.database.transaction(async (execute) => {
      await dying.queue.completing(job!)(execute)
      returning = other.queue.returnLostJobs()
      await until(async () => (await rows("select from pg_stat_activity where wait_event_type = 'Lock'"))[0])
    })
    expect(await returning).toBe(0)
    expect((await statusOf(other.database)).sources).toMatchObject([{ running: 0, queued: 0 }])
  })

  it('is returned, too, where a worker that lives knows nothing of it', async () => {
    const { url, rows, schema } = await newPlace()
    const { queue } = await newWorker(url)
    await queue.send(ranked([dayOf(2), dayOf(1)]))
    const held = await queue.fetch({ ...ALL, limit: 2 })
    expect(await queue.returnLostJobs(held)).toBe(0)
    expect(await queue.returnLostJobs([])).toBe(0)
    await rows(`update "${schema}_jobs".tidemark_running set since = since - interval '2 minutes'`)
    expect(await queue.returnLostJobs(held.slice(0, 1))).toBe(1)
    expect((await queue.fetch(ALL)).map(({ window }) => window)).toEqual([held[1]!.window])
  })

  it('is returned by itself where a worker leaves', async () => {
    const { url } = await newPlace()
    const [leaving, other] = [await newWorker(url), await newWorker(url)]
    await leaving.queue.send(ranked([dayOf(1)]))
    await leaving.queue.fetch(ALL)
    await leaving.queue.leave()
    expect((await other.queue.fetch(ALL)).map(({ window }) => window)).toEqual([dayOf(1)])
    expect((await statusOf(other.database)).workers).toHaveLength(1)
  })
})

it('goes on with what a build has queued that knew of no projects', async () => {
  const { url, schema, rows } = await newPlace()
  const before = await newWorker(url)
  await before.queue.send(ranked([dayOf(1)]))
  await rows(`alter table "${schema}_jobs".tidemark_workers drop column project`)
  await rows(`drop table "${schema}_jobs".tidemark_projects`)
  const { queue, database } = await newWorker(url)
  expect((await queue.fetch(ALL)).map(({ window }) => window)).toEqual([dayOf(1)])
  expect((await statusOf(database)).workers).toHaveLength(2)
})

describe('a queue that is dropped', () => {
  it('is made again where another worker has made its tables by then, and not yet its queues', async () => {
    const { url, schema, server } = await newPlace()
    const worker = await newWorker(url)
    await server.execute(`delete from "${schema}_jobs".queue`)
    expect(await worker.queue.send(ranked([dayOf(1)]))).toBe(1)
    expect(await worker.queue.fetch(ALL)).toHaveLength(1)
  })

  it('is made again by whoever meets it first, for all', async () => {
    const { url, schema, server } = await newPlace()
    const [one, two] = [await newWorker(url), await newWorker(url)]
    await one.queue.send(ranked([dayOf(1)]))
    const [job] = await one.queue.fetch(ALL)
    await server.dropSchema(`${schema}_jobs`)
    expect(await workStatus(one.database)).toBeUndefined()
    const [sent, fetched, planner] = await Promise.all([
      one.queue.send(ranked([dayOf(1), dayOf(2)])),
      two.queue.fetch(ALL),
      two.queue.claimPlanner('crm', 60_000),
    ])
    expect([sent, planner]).toEqual([2, { isOurs: true, dueInMs: 0 }])
    await one.queue.complete(job!)
    const rest = await two.queue.fetch({ ...ALL, limit: 5 })
    expect(new Set([...fetched, ...rest].map(({ window }) => window.from))).toEqual(
      new Set([dayOf(1).from, dayOf(2).from]),
    )
    expect(fetched.length + rest.length).toBe(2)
    expect([...one.troubles, ...two.troubles].join()).toContain('planning again from the coverage')
  })

  it('keeps no window from being committed', async () => {
    const { url, rows, schema, server } = await newPlace()
    const { queue, database } = await newWorker(url)
    await rows('create table written (day integer)')
    await queue.send(ranked([dayOf(1)]))
    const [job] = await queue.fetch(ALL)
    await server.dropSchema(`${schema}_jobs`)
    await database.transaction(async (execute) => {
      await execute(`insert into "${schema}".written values (1)`)
      await queue.completing(job!)(execute)
    })
    expect(await rows('select day from written')).toEqual([{ day: 1 }])
  })
})

it('planning is due at once, then again after its time, for whoever plans', async () => {
  const { url } = await newPlace()
  const [one, two] = [await newWorker(url), await newWorker(url)]
  expect(await one.queue.claimPlanner('shop', 60_000)).toEqual({ isOurs: true, dueInMs: 0 })
  await one.queue.recordPlanned('shop', 10_000)
  const { isOurs, dueInMs } = await two.queue.claimPlanner('shop', 60_000)
  expect(isOurs).toBe(false)
  expect(dueInMs).toBeGreaterThan(20_000)
  expect(dueInMs).toBeLessThanOrEqual(50_000)
  await two.queue.releasePlanner('shop')
  expect((await two.queue.claimPlanner('shop', 60_000)).isOurs, 'only who has it can leave it').toBe(false)
  await one.queue.releasePlanner('shop')
  expect((await two.queue.claimPlanner('shop', 60_000)).isOurs).toBe(true)
  await two.queue.releasePlanner('shop')
  expect((await one.queue.claimPlanner('shop', 60_000)).isOurs).toBe(true)
  await one.queue.leave()
  expect((await two.queue.claimPlanner('shop', 5_000)).isOurs).toBe(true)
  expect((await two.queue.claimPlanner('shop', 5_000)).dueInMs).toBeLessThan(0)
})

it('can be looked at through a destination that is open for reading', async () => {
  const { url } = await newPlace()
  const look = async () => {
    const reader = await openReader({ url })
    try {
      return await readWorkStatus(reader)
    } finally {
      await reader.close()
    }
  }
  const { queue, database } = await newWorker(url)
  await queue.send(ranked([dayOf(2), dayOf(1), dayOf(0)]))
  const [job] = await queue.fetch(ALL)
  await queue.fetch(ALL)
  await queue.fail(job!, { message: 'it broke', remedy: 'fix-source', code: undefined })
  const status = await look()
  expect(status).toEqual(await workStatus(database))
  expect(status).toMatchObject({
    sources: [{ source: 'shop', queued: 1, running: 1, dead: 1, pausedUntil: undefined, plannedAt: undefined }],
    workers: [{ host: 'test-host', pid: process.pid, concurrency: 4, isAlive: true, reads: [dayOf(1)] }],
    deadLetters: [{ window: dayOf(2), message: 'it broke', remedy: 'fix-source' }],
  })
  expect([isShareable(placeOf(url)), isShareable(placeOf('data.db'))]).toEqual([true, false])
})

it('is not seen by a role that may not read it, and that is no failure', async () => {
  const { url, schema, server } = await newPlace()
  const { queue } = await newWorker(url)
  await queue.send(ranked([dayOf(1)]))
  const role = `reader_${schema}`
  await server.execute(`create role ${role} login password 'x'; grant usage on schema ${schema} to ${role};
    grant select on all tables in schema ${schema} to ${role}`)
  const own = new URL(url)
  own.username = role
  own.password = 'x'
  const reader = await openReader({ url: own.href })
  expect(await readWorkStatus(reader)).toBeUndefined()
  await reader.close()
})

it('names a way out where the destination is a file', async () => {
  await expect(openQueueDatabase(placeOf('data.db'))).rejects.toMatchObject({
    remedy: 'fix-config',
    code: 'usage',
    message: expect.stringMatching(/tidemark sync --every 5m.*tidemark move/),
  })
})

it('names the statement that a role may not do', async () => {
  const { schema, server } = await newPlace()
  const role = `r_${schema}`
  await server.execute(`create role ${role} login password 'x'; grant all on schema ${schema} to ${role}`)
  const url = new URL(`${server.url}?schema=${schema}`)
  url.username = role
  url.password = 'x'
  const database = await openQueueDatabase(placeOf(url.href))
  const runner = { id: 'x', host: 'x', pid: 1, startedAt: 1n }
  await expect(WorkQueue.open({ database, runner })).rejects.toMatchObject({
    remedy: 'fix-config',
    message: expect.stringContaining(`CREATE SCHEMA "${schema}_jobs" AUTHORIZATION`),
  })
  await server.execute(`create schema "${schema}_jobs" authorization ${role}`)
  await (await WorkQueue.open({ database, runner })).close()
})

it('is beside a schema of any name', async () => {
  const { server } = await newPlace()
  const schema = `It's a "Shop" with a long name, 100 % of it`
  await server.execute(`create schema "${schema.replaceAll('"', '""')}"`)
  const url = new URL(server.url)
  url.searchParams.set('schema', schema)
  const { queue } = await newWorker(url.href)
  expect(await queue.send(ranked([dayOf(1)]))).toBe(1)
  expect(await queue.fetch(ALL)).toHaveLength(1)
})
