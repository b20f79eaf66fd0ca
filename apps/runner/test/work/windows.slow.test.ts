import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KINDS, KINDS_SOURCE, ROWS } from '../kinds.ts'
import { type Running, testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

it('workers read every kind of table to its end, also where some of them are killed', async () => {
  const project = testProject()
  project.install('kinds', KINDS_SOURCE)
  const { url, schema } = await server.newSchema()
  const environment = { DATABASE_URL: url }
  const json = async (...args: readonly string[]) =>
    JSON.parse((await project.run([...args, '--json'], environment)).stdout)
  const start = (): Running => project.start(['work', '--every', '2s', '--concurrency', '3'], environment)
  const written = async (): Promise<readonly number[]> =>
    await Promise.all(
      KINDS.map(async (name) => {
        const counted = `select count(*)::integer as n from "${schema}"."kinds_${name}"`
        return await server.rows(counted).then(
          ([row]) => Number((row as readonly unknown[])[0]),
          () => 0,
        )
      }),
    )
  const all = KINDS.map(() => ROWS)

  let workers = [start(), start()]
  const ended: Running[] = []
  for (let kills = 0; String(await written()) !== String(all); ) {
    await sleep(400)
    if (kills === 3) continue
    kills++
    const [victim, ...others] = workers
    victim!.child.kill('SIGKILL')
    await victim!.ended
    workers = [...others, start()]
  }
  // One more plan says that nothing is left.
  const words = async (): Promise<readonly string[]> =>
    (await json('status')).tables.map(({ status }: { readonly status: string }) => status)
  await expect.poll(words, { interval: 500 }).toEqual(KINDS.map(() => 'complete'))
  const { tables } = await json('status')
  for (const { child } of workers) child.kill('SIGTERM')
  ended.push(...workers)
  for (const one of ended) {
    const { code, stderr } = await one.ended
    expect(code, stderr).toBe(143)
    expect(stderr).not.toMatch(/fix-source|rejected/)
  }
  for (const table of tables) expect(table).toMatchObject({ status: 'complete', partitions_failing: 0 })
  expect(await written()).toEqual(all)
  expect((await project.run(['verify'], environment)).stdout).not.toMatch(/differ/)
  const left = await json('plan')
  expect(left.tasks.filter((task: { kind: string }) => task.kind !== 'full_refresh')).toEqual([])
})
