import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Outcome, reference, testProject } from './test-project.ts'

const ROWS = 60
const HEAP_MB = 96

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'wide' })
export default register(source.with([source.table({
  name: 'rows',
  row: z.object({ id: z.int(), v: z.string() }),
  primaryKey: ['id'],
  async *read() {
    for (let id = 0; id < ${ROWS}; id++) yield [{ id, v: id + 'x'.repeat(2 ** 20) }]
  },
})]))`

/** As many rejected rows as are too many to be held with all that is kept of them. */
const REJECTS = 5000
const BAD = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'bad' })
export default register(source.with([source.table({
  name: 'rows',
  row: z.object({ id: z.int(), v: z.int() }),
  primaryKey: ['id'],
  async *read() {
    yield [{ id: 1, v: 'x'.repeat(12000) }, { id: 2, v: 2 }]
  },
})]))`

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe.each(['sqlite', 'postgres'] as const)('answers of wide rows, on %s', (database) => {
  it('are given as far as they fit into memory, and are an error where they do not', async () => {
    const project = testProject()
    project.install('wide', SOURCE)
    if (database === 'postgres') project.config({ destination: reference('DATABASE') })
    const environment = {
      ...(database === 'postgres' ? { DATABASE: (await server.newSchema()).url } : {}),
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    }
    const run = (...args: readonly string[]): Promise<Outcome> => project.run(args, environment)
    expect((await run('sync')).code).toBe(0)

    for (const args of [
      ['query', 'select * from wide_rows'],
      ['query', 'select * from wide_rows', '--json'],
      ['query', 'select * from wide_rows', '--csv'],
      ['show', 'wide_rows', '--limit', String(ROWS)],
      ['show', 'wide_rows', '--limit', String(ROWS), '--json'],
    ]) {
      const { code, stderr } = await run(...args)
      expect(stderr).toMatch(/the answer is too large: it has more than \d\d MB.*ask for fewer rows or columns/)
      expect(code).toBe(2)
    }

    const some = 'select id, v from wide_rows where id < 8 order by id'
    const json = JSON.parse((await run('query', some, '--json')).stdout) as { rows: { v: string }[] }
    expect(json.rows.map(({ v }) => v.length)).toEqual(Array.from({ length: 8 }, (_, id) => `${id}`.length + 2 ** 20))
    expect((await run('query', some, '--csv')).stdout.split('\r\n')).toHaveLength(10)
    expect((await run('query', some)).stdout).toContain('(8 rows)')
    const shown = await run('show', 'wide_rows', '--limit', '8', '--json')
    expect((JSON.parse(shown.stdout) as { rows: unknown[] }).rows).toHaveLength(8)
  })
})

it('rejected rows that are too many to be listed at once can be forgotten', async () => {
  const project = testProject()
  project.install('bad', BAD)
  const environment = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` }
  const run = (...args: readonly string[]): Promise<Outcome> => project.run(args, environment)
  await run('sync')
  // As many runs would leave behind.
  const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
  const columns = database.prepare('select name from pragma_table_info(?)').all('_tidemark_rejects')
  const own = columns.map(({ name }) => String(name)).filter((name) => name !== 'id' && name !== 'key')
  database.exec(`insert into _tidemark_rejects (key, ${own}) select n, ${own} from _tidemark_rejects,
    (with recursive s(n) as (select 2 union all select n + 1 from s limit ${REJECTS - 1}) select n from s)`)
  database.close()
  const many = await run('rejects', 'list', '--limit', String(REJECTS), '--json')
  expect(many.stderr).toMatch(/the answer is too large/)
  const few = JSON.parse((await run('rejects', '--json', '--limit', '3')).stdout) as { rejects: unknown[] }
  expect(few.rejects).toHaveLength(3)
  const dropped = await run('rejects', 'drop', 'bad_rows', '--yes')
  expect(dropped).toMatchObject({ code: 0, stdout: expect.stringContaining('5,000 rejected rows') as string })
})
