import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres({ onDisk: true })
})
afterAll(() => server.stop())

type Blow = 'kill' | 'planner' | 'zombie' | 'crash' | 'drop'

// A tenth of what is run by hand: `TIDEMARK_WORK_BLOWS=200,50,50,20,5`.
const [kills = 12, planners = 4, zombies = 3, crashes = 2, drops = 1] = (process.env['TIDEMARK_WORK_BLOWS'] ?? '')
  .split(',')
  .filter((one) => one !== '')
  .map(Number)
const LEASE_MS = 3000
const WORKERS = 4

it('loses no row and doubles none, whatever becomes of the workers, their planner, their server and their queue', {
  timeout: 3_600_000,
}, async () => {
  const { url, schema } = await server.newSchema()
  const blows: Blow[] = [
    ...Array<Blow>(kills).fill('kill'),
    ...Array<Blow>(planners).fill('planner'),
    ...Array<Blow>(zombies).fill('zombie'),
    ...Array<Blow>(crashes).fill('crash'),
    ...Array<Blow>(drops).fill('drop'),
  ].sort(() => Math.random() - 0.5)
  // Enough windows that none of it comes when all is read.
  const windows = 150 + blows.length * 30
  const child = join(import.meta.dirname, 'crash-child.ts')
  const said: string[] = []
  const start = (): ChildProcess => {
    const one = spawn(process.execPath, [child, url, String(windows), String(LEASE_MS)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    one.stderr!.setEncoding('utf8').on('data', (text: string) => void said.push(text))
    return one
  }
  let workers = Array.from({ length: WORKERS }, start)
  onTestFinished(() => {
    for (const worker of workers) worker.kill('SIGKILL')
  })
  const rowsOf = async (table: string): Promise<readonly unknown[][]> =>
    (await server
      .rows(
        `select count(*)::integer, count(distinct id)::integer from "${schema}"."even_${table}" where _deleted_at is null`,
      )
      .catch(() => [[0, 0]])) as unknown[][]
  const restart = async (worker: ChildProcess): Promise<void> => {
    worker.kill('SIGKILL')
    if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'close')
    workers = [...workers.filter((one) => one !== worker), start()]
  }
  /** Whoever plans, as the queue has it. */
  const planner = async (): Promise<ChildProcess | undefined> => {
    const asked = `select r.pid::integer from "${schema}_jobs".tidemark_sources s join "${schema}"._tidemark_runners r on r.id = s.planner`
    const [row] = (await server.rows(asked).catch(() => [])) as readonly number[][]
    return workers.find(({ pid }) => pid === row?.[0])
  }
  /** A planner that was killed is followed by another one soon. */
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T | undefined> => {
    for (let tries = 0; tries < 100; tries++) {
      const found = await look()
      if (found !== undefined) return found
      await sleep(100)
    }
    return undefined
  }
  while (!((await rowsOf('keyed'))[0]![0] as number)) await sleep(100)
  for (const blow of blows) {
    await sleep(100 + Math.random() * 400)
    workers = workers.map((one) => (one.exitCode === null && one.signalCode === null ? one : start()))
    const victim = workers[Math.floor(Math.random() * workers.length)]!
    if (blow === 'kill') await restart(victim)
    if (blow === 'planner') await restart((await until(planner)) ?? victim)
    if (blow === 'crash') await server.crash()
    if (blow === 'drop') await server.execute(`drop schema if exists "${schema}_jobs" cascade`).catch(() => {})
    if (blow === 'zombie') {
      victim.kill('SIGSTOP')
      await sleep(LEASE_MS + 1000)
      victim.kill('SIGCONT')
    }
  }
  const all = windows * 10
  const deadline = performance.now() + 600_000
  for (;;) {
    const counts = [await rowsOf('keyed'), await rowsOf('keyless')].map(([row]) => Number(row![0]))
    if (counts.every((count) => count >= all) || performance.now() > deadline) break
    workers = workers.map((one) => (one.exitCode === null && one.signalCode === null ? one : start()))
    await sleep(300)
  }
  await sleep(1000)
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers.map((one) => (one.exitCode === null && one.signalCode === null ? once(one, 'close') : 0)))
  expect(await rowsOf('keyed'), said.slice(-5).join('')).toEqual([[all, all]])
  expect(await rowsOf('keyless'), said.slice(-5).join('')).toEqual([[all, all]])
  const destination = await openDestination({ url, runner: { id: 'test', host: 'test', pid: 1, startedAt: 1n } })
  const { tables } = await destination.state().finally(() => destination.close())
  for (const name of ['even_keyed', 'even_keyless']) {
    const { covered } = tables.get(name)!.partitions.get('')!
    // Each window was committed once: together they are as long as what they cover.
    expect(covered.reduce((sum, { from, to }) => sum + Number(to - (from ?? 0n)), 0)).toBe(all)
  }
  console.log(
    `${kills} kills, ${planners} of a planner, ${zombies} zombies, ${crashes} crashes of the server, ${drops} lost queues, ${2 * windows} windows: 0 rows lost, 0 doubled`,
  )
})
