import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { rowsOf, violations } from './work-checker.ts'

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
/** No row for so long: no machine is as slow as that. */
const STALLED_MS = 300_000

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
  while ((await rowsOf(server, schema, 'keyed')).rows === 0) await sleep(100)
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
  // On a busy machine it takes as long as it takes, as long as it goes on.
  let [before, wentOnAt] = [0, performance.now()]
  for (;;) {
    const counts = [await rowsOf(server, schema, 'keyed'), await rowsOf(server, schema, 'keyless')]
    if (counts.every(({ rows }) => rows >= all)) break
    const rows = counts.reduce((sum, one) => sum + one.rows, 0)
    if (rows !== before) [before, wentOnAt] = [rows, performance.now()]
    expect(performance.now() - wentOnAt, `nothing was read for so long after ${rows} rows`).toBeLessThan(STALLED_MS)
    workers = workers.map((one) => (one.exitCode === null && one.signalCode === null ? one : start()))
    await sleep(300)
  }
  await sleep(1000)
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers.map((one) => (one.exitCode === null && one.signalCode === null ? once(one, 'close') : 0)))
  expect(await violations(server, { url, schema, all }), said.slice(-5).join('')).toEqual([])
  console.log(
    `${kills} kills, ${planners} of a planner, ${zombies} zombies, ${crashes} crashes of the server, ${drops} lost queues, ${2 * windows} windows: 0 rows lost, 0 doubled`,
  )
})

it.each([
  ['finds nothing where a zombie is fenced', 'on', 3],
  ['finds what a zombie commits without the fence', 'off', 12],
] as const)('the check %s', async (_, fence, zombies) => {
  const { url, schema } = await server.newSchema()
  const windows = 400
  const start = (): ChildProcess => {
    const child = join(import.meta.dirname, 'crash-child.ts')
    const env = { ...process.env, FENCE: fence, READ_MS: '300' }
    const one = spawn(process.execPath, [child, url, String(windows), String(LEASE_MS)], { env, stdio: 'ignore' })
    onTestFinished(() => void one.kill('SIGKILL'))
    return one
  }
  const [zombie, other] = [start(), start()]
  while ((await rowsOf(server, schema, 'keyless')).rows === 0) await sleep(100)
  const isCaught = async (): Promise<boolean> => {
    const found = await violations(server, { url, schema, all: windows * 10 })
    return found.some((one) => /doubled|twice/.test(one))
  }
  for (let times = 0; times < zombies && !(await isCaught()); times++) {
    zombie.kill('SIGSTOP')
    await sleep(LEASE_MS + 2000)
    zombie.kill('SIGCONT')
    await sleep(1500)
  }
  expect(await isCaught()).toBe(fence === 'off')
  for (const one of [zombie, other]) one.kill('SIGTERM')
  await Promise.all([zombie, other].map((one) => (one.exitCode === null ? once(one, 'close') : 0)))
})
