import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Running, type TestProject, testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const WINDOWS = 200
const ROWS = 10
const ALL = WINDOWS * ROWS

/** A build of one source: a table of ids in windows of ten, each of which takes a moment; the newer one has one more column. */
const sourceOf = (isNewer: boolean): string => `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const row = z.object({ id: z.int(), at: z.int()${isNewer ? ', note: z.string()' : ''} })
export default register(source.with([source.table({
  name: 'rows', row, primaryKey: ['id'], cursor: 'at', window: ${ROWS}, start: 0, end: () => ${ALL},
  async *read({ from, to }) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    const rows = []
    for (let id = Number(from); id < Number(to); id++) rows.push({ id, at: id${isNewer ? ", note: 'row ' + id" : ''} })
    yield rows
  },
})]))
`

function build(isNewer: boolean): TestProject {
  const project = testProject()
  project.install('shop', sourceOf(isNewer))
  // On other machines the project is in another folder.
  project.config({ namespace: 'own' })
  return project
}

it('two builds of a source beside each other: each window is read by the build that planned it', {
  timeout: 360_000,
}, async () => {
  const { url, schema } = await server.newSchema()
  const [older, newer] = [build(false), build(true)]
  const start = (project: TestProject): Running => {
    const running = project.start(['work', '--every', '2s', '--concurrency', '1', '--verbose'], { DATABASE_URL: url })
    onTestFinished(() => void running.child.kill('SIGKILL'))
    return running
  }
  const numbers = async (statement: string): Promise<readonly number[]> =>
    await server.rows(statement).then(
      ([row]) => (row as readonly unknown[]).map(Number),
      () => [0],
    )
  const counted = async (): Promise<number> => (await numbers(`select count(*) from "${schema}".own_shop_rows`))[0]!
  /** What a process has written, by its steps. */
  const writtenBy = async ({ child }: Running): Promise<number> =>
    (
      await numbers(
        `select coalesce(sum(rows_written), 0) from "${schema}"._tidemark_steps join "${schema}"._tidemark_runs using (run) where pid = ${child.pid}`,
      )
    )[0]!
  const columns = async (): Promise<readonly unknown[]> =>
    (
      await server.rows(
        `select attname from pg_attribute where attrelid = '"${schema}".own_shop_rows'::regclass and attname in ('id', 'at', 'note') order by 1`,
      )
    ).flat()

  const first = start(older)
  await expect.poll(counted).toBeGreaterThan(0)
  const second = start(newer)
  await second.says('leaves them to others')
  const before = await counted()
  await expect.poll(counted).toBeGreaterThan(before)
  expect(await columns()).toEqual(['at', 'id'])
  expect(await writtenBy(second)).toBe(0)

  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(143)
  const ofOlder = await writtenBy(first)
  expect(ofOlder).toBeLessThan(ALL)
  await expect.poll(() => writtenBy(second)).toBeGreaterThan(0)
  const third = start(older)
  // Two hundred windows, and two processes that plan: on a busy machine a second goes by for each.
  await expect.poll(counted, { timeout: 300_000 }).toBe(ALL)
  // It had its chance while there was something to read.
  await third.says('leaves them to others')
  expect(await writtenBy(third)).toBe(0)

  const noted = `select count(*), count(distinct id), count(note), count(*) filter (where note = 'row ' || id) from "${schema}".own_shop_rows`
  expect(await numbers(noted)).toEqual([ALL, ALL, ALL - ofOlder, ALL - ofOlder])
  expect(await columns()).toEqual(['at', 'id', 'note'])
  const dead = `select count(*) from "${schema}_jobs".job where name = 'dead'`
  expect(await numbers(dead)).toEqual([0])
  for (const one of [second, third]) one.child.kill('SIGTERM')
  for (const one of [second, third]) expect((await one.ended).code).toBe(143)
})
