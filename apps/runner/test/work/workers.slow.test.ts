import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openDestination, openQueueDatabase, placeOf, workStatus } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { ChildOptions } from './work-child.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

interface Worker {
  readonly child: ChildProcess
  readonly lines: readonly string[]
  says(text: string): Promise<void>
  readonly ended: Promise<unknown>
}

/** A destination whose table `written` is what its source has been read for. */
async function newPlace() {
  const { url, schema } = await server.newSchema()
  const runner = { id: 'test', host: 'test', pid: 1, startedAt: 1n }
  await (await openDestination({ url, runner })).close()
  await server.execute('create table written (day integer primary key, worker integer not null)', schema)
  const database = await openQueueDatabase(placeOf(url))
  onTestFinished(() => database.close())
  const written = async () =>
    (await server.rows(`select day, worker from "${schema}".written order by day`)) as readonly [number, number][]
  const start = (options: ChildOptions): Worker => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'work-child.ts'), url, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    const says = (text: string) =>
      until(
        async () => lines.some((line) => line.includes(text)),
        () => lines.join('\n'),
      )
    return { child, lines, says, ended: once(child, 'close') }
  }
  /** Waits until all days are written, stops the workers, and looks what is left in the queue. */
  const finish = async (days: number, ...workers: readonly Worker[]) => {
    await until(
      async () => (await written()).length === days,
      () => workers.map(({ lines }) => lines.join('\n')).join('\n---\n'),
    )
    for (const { child } of workers) child.kill('SIGTERM')
    await Promise.all(workers.map(({ ended }) => ended))
    expect(workers.map(({ child, lines }) => [child.exitCode, lines.at(-1)])).toEqual(workers.map(() => [0, 'left']))
    const { sources, workers: known } = (await workStatus(database))!
    return { queued: sources[0]!.queued, running: sources[0]!.running, dead: sources[0]!.dead, workers: known.length }
  }
  return { schema, database, written, start, finish }
}

const PATIENCE_MS = 45_000
const NOTHING_LEFT = { queued: 0, running: 0, dead: 0, workers: 0 }

async function until(isSo: () => Promise<boolean>, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not come to that: ${what()}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

const readBy = ({ lines }: Worker) => lines.filter((line) => line.startsWith('reading '))

it('two workers share the windows: each is read once, and one of them plans', async () => {
  const { start, finish, written } = await newPlace()
  const workers = [start({ days: 60, readMs: 5 }), start({ days: 60, readMs: 5 })]
  expect(await finish(60, ...workers)).toEqual(NOTHING_LEFT)
  const read = workers.flatMap(readBy)
  expect(read.length).toBe(60)
  expect(new Set(read).size).toBe(60)
  expect(new Set((await written()).map(([, worker]) => worker)).size).toBe(2)
  expect(workers.flatMap(({ lines }) => lines.filter((line) => line === 'planning'))).toHaveLength(1)
})

it.each([
  ['at once, on the same machine', { looksAtProcesses: true, leaseMs: 60_000 }],
  ['when its heartbeat is too old, on another one', { looksAtProcesses: false, leaseMs: 2000 }],
])('a worker is killed in the middle of a window, and another takes it %s', async (_, how) => {
  const { start, finish, written } = await newPlace()
  const dying = start({ ...how, days: 10, hangsAt: 7 })
  await dying.says('reading 7')
  dying.child.kill('SIGKILL')
  await dying.ended
  const other = start({ ...how, days: 10 })
  expect(await finish(10, other)).toEqual(NOTHING_LEFT)
  expect(readBy(other)).toContain('reading 7')
  expect((await written()).map(([day]) => day)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('a planner is killed in the middle of its plan, and the next one plans the same set', async () => {
  const { start, finish } = await newPlace()
  // It reads slowly, so that the other one finds windows.
  const dying = start({ days: 30, plansOnly: 20, looksAtProcesses: true, readMs: 1000 })
  await dying.says('stuck')
  const other = start({ days: 30, looksAtProcesses: true })
  await other.says('reading')
  expect(other.lines).not.toContain('planning')
  dying.child.kill('SIGKILL')
  await dying.ended
  expect(await finish(30, other)).toEqual(NOTHING_LEFT)
  expect(other.lines).toContain('planning')
})

it('the queue is dropped in the middle, made again, and planned again from what was written', async () => {
  const { start, finish, schema } = await newPlace()
  const workers = [start({ days: 80, readMs: 20 }), start({ days: 80, readMs: 20 })]
  await Promise.all(workers.map((worker) => worker.says('wrote')))
  await server.dropSchema(`${schema}_jobs`)
  expect(await finish(80, ...workers)).toEqual(NOTHING_LEFT)
  expect(workers.flatMap(({ lines }) => lines).join()).toContain('the queue is lost')
  expect(workers.flatMap(({ lines }) => lines.filter((line) => line === 'planning')).length).toBeGreaterThan(1)
})

it('Postgres is stopped hard in the middle, and the workers go on when it is back', async () => {
  const { start, finish } = await newPlace()
  const workers = [start({ days: 60, readMs: 20 }), start({ days: 60, readMs: 20 })]
  await Promise.all(workers.map((worker) => worker.says('wrote')))
  await server.halt()
  await Promise.all(workers.map((worker) => worker.says('trying again in')))
  await server.crash()
  expect(await finish(60, ...workers)).toEqual(NOTHING_LEFT)
})

it('a worker that was away for too long is replaced: one of two commits its window', async () => {
  const { start, finish, written } = await newPlace()
  const how = { days: 10, leaseMs: 2000, concurrency: 1 }
  const sleeping = start({ ...how, hangsAt: 9 })
  await sleeping.says('reading 9')
  sleeping.child.kill('SIGSTOP')
  const other = start(how)
  await other.says('wrote 9')
  sleeping.child.kill('SIGUSR2')
  sleeping.child.kill('SIGCONT')
  await sleeping.says('fenced 9')
  expect(await finish(10, sleeping, other)).toEqual(NOTHING_LEFT)
  expect((await written()).find(([day]) => day === 9)).toEqual([9, other.child.pid])
})

it('a worker that is asked to stop returns what it reads, and another reads it', async () => {
  const { start, finish, database } = await newPlace()
  const stopping = start({ days: 5, hangsAt: 3 })
  await stopping.says('reading 3')
  stopping.child.kill('SIGTERM')
  await stopping.ended
  expect([stopping.child.exitCode, stopping.lines.at(-1)]).toEqual([0, 'left'])
  const { sources, workers } = (await workStatus(database))!
  expect([sources[0]?.running, workers]).toEqual([0, []])
  const other = start({ days: 5 })
  expect(await finish(5, other)).toEqual(NOTHING_LEFT)
  expect(readBy(other)).toContain('reading 3')
})
