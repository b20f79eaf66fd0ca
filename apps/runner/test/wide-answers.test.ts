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

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe.each(['sqlite', 'postgres'] as const)('answers of wide rows, on %s', (database) => {
  it('are given as far as they fit into memory, and are an error where they do not', { timeout: 120_000 }, async () => {
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
