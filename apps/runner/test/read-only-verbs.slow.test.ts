import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OLDEST_READABLE_STATE, STATE_VERSION } from '@tidemark/core/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dailySource, type Outcome, reference, type TestProject, testProject } from './test-project.ts'

const RELEASED = join(import.meta.dirname, '../../../packages/testkit/test/released')

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** A source of the name and the tables of the released states, without any row. */
const CRASH = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'crash' })
const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
const table = (name, more = {}) => source.table({ name, row, primaryKey: ['id'], async *read() {}, ...more })
export default register(source.with([table('keyed', { cursor: 'at', end: () => '2026-01-01T00:05:00Z' }), table('whole')]))`

interface Place {
  readonly project: TestProject
  run(...args: readonly string[]): Promise<Outcome>
  /** Everything by which the database, and the folder that it is in, could be told from what it was. */
  look(): Promise<unknown>
}

/** Runs a script in a new database, and points a project at it. */
const KINDS = {
  async sqlite(script: string | undefined): Promise<Place> {
    const project = testProject()
    const folder = join(project.folder, 'data')
    mkdirSync(folder)
    if (script !== undefined) {
      const database = new DatabaseSync(join(folder, 'tidemark.db'))
      database.exec('pragma journal_mode = wal')
      database.exec(script)
      database.close()
    }
    const hash = (file: string): string =>
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')
    return {
      project,
      run: (...args) => project.run(args),
      look: async () => readdirSync(folder).map((file) => [file, hash(file)]),
    }
  },
  async postgres(script: string | undefined): Promise<Place> {
    const project = testProject()
    project.config({ destination: reference('DATABASE') })
    const database = await server.newDatabase()
    if (script !== undefined) await server.rows(script, database)
    const objects = `select c.relname, coalesce(string_agg(a.attname, ',' order by a.attnum), '') from pg_class c
      left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 where c.relnamespace = 'public'::regnamespace group by 1 order by 1`
    return {
      project,
      run: (...args) => project.run(args, { DATABASE: server.urlOf(database) }),
      look: async () => {
        const names = await server.rows(objects, database)
        const tables = await server.rows(
          "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
          database,
        )
        const rows = []
        for (const [table] of tables)
          rows.push(await server.rows(`select t::text, t.xmin::text from "${String(table)}" t order by 1, 2`, database))
        return [names, rows]
      },
    }
  },
}

const VERBS: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--json'],
  ['check'],
  ['plan'],
  ['plan', '--json'],
  ['query', 'select count(*) from _tidemark_tables'],
  ['runs'],
  ['runs', '1'],
  ['tables'],
  ['types'],
  ['rejects'],
  ['rejects', 'list'],
  ['rejects', 'show', '1'],
  ['show', 'crash_whole'],
  ['verify', 'crash_keyed'],
  ['state', 'export'],
]

describe.each(['sqlite', 'postgres'] as const)('verbs that only look, on %s', (kind) => {
  const released = (version: number): string => readFileSync(join(RELEASED, `state-${version}.${kind}.sql`), 'utf8')

  it.each([1, 3])(
    'say of a state of version %i that they do not read it, and what to do, and leave it as it is',
    async (version) => {
      const { project, run, look } = await KINDS[kind](released(version))
      project.install('crash', CRASH)
      const before = await look()
      for (const verb of VERBS) {
        const { code, stderr } = await run(...verb)
        expect(code, `${verb.join(' ')}: ${stderr}`).toBe(6)
        expect(stderr, verb.join(' ')).toContain(
          `has version ${version}, and this Tidemark reads versions ${OLDEST_READABLE_STATE} to ${STATE_VERSION}; read it with the Tidemark that wrote it, or run "tidemark sync"`,
        )
        expect(stderr, verb.join(' ')).toContain('errors.md#destination-older')
        expect(await look(), verb.join(' ')).toEqual(before)
      }
    },
  )

  it('find a destination that is not there yet, or holds no state, and make nothing', async () => {
    for (const script of [undefined, 'create table mine (a int)']) {
      const { project, run, look } = await KINDS[kind](script)
      project.install('daily', dailySource('daily'))
      const before = await look()
      for (const verb of VERBS) {
        const { stderr, code } = await run(...verb)
        expect(stderr, verb.join(' ')).not.toMatch(/bug in Tidemark/)
        expect([0, 2], verb.join(' ')).toContain(code)
        expect(await look(), verb.join(' ')).toEqual(before)
      }
      expect((await run('status')).stdout).toContain('There is no database yet')
      expect((await run('plan')).stdout).toContain('NEW       daily_days')
    }
  })

  it('leave the state of this version as it is', async () => {
    const { project, run, look } = await KINDS[kind](undefined)
    project.install('daily', dailySource('daily'))
    await run('sync')
    const before = await look()
    for (const verb of [
      ...VERBS.filter(([name]) => name !== 'show' && name !== 'verify'),
      ['show', 'daily_days'],
      ['verify', 'daily_days'],
    ])
      await run(...verb)
    expect(await look()).toEqual(before)
  })
})
