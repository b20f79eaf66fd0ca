import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  type Execute,
  type HeldJob,
  openDestination,
  openQueueDatabase,
  placeOf,
  type WindowJob,
  WorkQueue,
} from '@tidemark/destination'
import { startPostgres } from '@tidemark/postgres-server'

// What the queue costs beside handing out windows by their leases alone: windows a second of workers that read nothing, each
// window a lease, a fence and a coverage, committed in one transaction. By hand: node src/measures/work-queue.ts
const FOR_MS = 8000
const WINDOWS = 9000
const MODES = ['queue', 'leases'] as const
type Mode = (typeof MODES)[number]

if (process.send === undefined) await measureAll()
else await work(process.argv[2]!, process.argv[3] as Mode, Number(process.argv[4]))

async function measureAll(): Promise<void> {
  const server = await startPostgres({ onDisk: true })
  for (const concurrency of [1, 4])
    for (const processes of [1, 2, 4])
      for (const mode of MODES) {
        const { url, schema } = await server.newSchema()
        await server.execute(
          `create table held (name text primary key, runner text, fence bigint not null default 0, priority integer not null);
           create table covered (name text not null)`,
          schema,
        )
        const opened = await openWorker(url)
        if (mode === 'leases')
          await server.execute(
            `insert into held (name, priority) select n, n from generate_series(1, ${WINDOWS}) n`,
            schema,
          )
        else
          for (let at = 0; at < WINDOWS; at += 500)
            await opened.queue.send(Array.from({ length: 500 }, (_, n) => ({ window: windowAt(at + n), rank: at + n })))
        await opened.close()
        const children = Array.from({ length: processes }, () =>
          fork(fileURLToPath(import.meta.url), [url, mode, String(concurrency)]),
        )
        const done = await Promise.all(children.map(async (child) => Number((await once(child, 'message'))[0])))
        const perSecond = Math.round((done.reduce((sum, one) => sum + one, 0) * 1000) / FOR_MS)
        console.log(`${mode}: ${processes} processes × ${concurrency} at once: ${perSecond} windows/s`)
        await Promise.all(children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')))
      }
  await server.stop()
}

function windowAt(n: number): WindowJob {
  return { source: 'shop', table: `t${n % 10}`, partition: '', from: BigInt(n), to: BigInt(n + 1), lane: 'backfill' }
}

async function openWorker(url: string) {
  const runner = { id: `w ${process.pid}`, host: 'bench', pid: process.pid, startedAt: 1n }
  const destination = await openDestination({ url, runner })
  await destination.renew()
  const database = await openQueueDatabase(placeOf(url))
  const queue = await WorkQueue.open({ database, runner })
  const close = async () => {
    await queue.close()
    await destination.close()
  }
  return { database, queue, close, runner }
}

async function work(url: string, mode: Mode, concurrency: number): Promise<void> {
  const { database, queue, close, runner } = await openWorker(url)
  const table = (name: string) => `"${database.stateSchema}".${name}`
  const end = performance.now() + FOR_MS
  let windows = 0
  const commit = (name: string, fence: unknown, more?: (execute: Execute) => Promise<void>) =>
    database.transaction(async (execute) => {
      await execute(`update ${table('held')} set priority = priority where name = $1 and runner = $2 and fence = $3`, [
        name,
        runner.id,
        fence,
      ])
      await execute(`insert into ${table('covered')} values ($1)`, [name])
      await more?.(execute)
      await execute(`delete from ${table('held')} where name = $1`, [name])
      windows++
    })
  const byLeases = async () => {
    const { rows } = await database.execute(
      `update ${table('held')} set runner = $1, fence = fence + 1 where name = (
        select name from ${table('held')} where runner is null order by priority limit 1 for update skip locked
      ) returning name, fence`,
      [runner.id],
    )
    const { name, fence } = rows[0] as { name: string; fence: string }
    await commit(name, fence)
  }
  // A worker fetches as many as it has places for.
  const fetched: HeldJob[] = []
  let fetching: Promise<unknown> | undefined
  const next = async (): Promise<HeldJob> => {
    while (fetched.length === 0) {
      fetching ??= queue
        .fetch({ limit: concurrency, sources: ['shop'], perSource: 1000 })
        .then((jobs) => fetched.push(...jobs))
        .finally(() => (fetching = undefined))
      await fetching
    }
    return fetched.shift()!
  }
  const byQueue = async () => {
    const job = await next()
    const name = job.id
    const { rows } = await database.execute(
      `insert into ${table('held')} (name, runner, fence, priority) values ($1, $2, 1, 0) on conflict (name) do update set runner = excluded.runner, fence = held.fence + 1 returning fence`,
      [name, runner.id],
    )
    await commit(name, (rows[0] as { fence: string }).fence, queue.completing(job))
  }
  const one = mode === 'queue' ? byQueue : byLeases
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < end) await one()
    }),
  )
  process.send!(windows)
  await close()
  process.disconnect()
}
