import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inTerminal } from './pty.ts'
import { dailySource, type TestProject, testProject } from './test-project.ts'

let server: PostgresServer
let made = 0

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** A web application's folder: its `.env` names its own database. */
async function application(): Promise<{ readonly project: TestProject; tables(): Promise<readonly unknown[]> }> {
  const name = `app_${++made}`
  await server.rows(`create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  const project = testProject()
  project.write('.env', `DATABASE_URL=${url.href}\n`)
  project.install('daily', dailySource('daily'))
  const tables = async (): Promise<readonly unknown[]> => {
    const { stdout } = await project.run([
      'query',
      '--json',
      "select table_schema as at, count(*) as n from information_schema.tables where table_schema in ('public', 'tidemark') group by 1",
    ])
    const { rows } = JSON.parse(stdout) as { rows?: readonly unknown[] }
    return rows ?? []
  }
  return { project, tables }
}

it('where nobody sits, a sync says where it writes, and puts nothing into public', async () => {
  const { project, tables } = await application()
  const { code, stderr } = await project.run(['sync'])
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /No destination is configured\. DATABASE_URL names postgres:\/\/\S+: Tidemark creates its tables there, in the schema "tidemark"; to write elsewhere, set destination: 'data\/tidemark\.db' in tidemark\.config\.ts/,
  )
  expect(stderr).not.toContain(new URL(server.url).password)
  expect(await tables()).toEqual([{ at: 'tidemark', n: expect.any(Number) }])
  // It is known by now.
  expect((await project.run(['sync'])).stderr).not.toContain('No destination')
})

it('in a terminal it asks, once; without a yes nothing is made', async () => {
  const { project, tables } = await application()
  const asked = (lines: readonly string[]) => lines.join(' ').includes('Continue? (y/N)')
  const no = inTerminal(['sync'], { cwd: project.folder, columns: 200 })
  await no.until(asked, 'the question')
  no.type('\r')
  expect((await no.ended).code).toBe(2)
  expect(await tables()).toEqual([])
  const yes = inTerminal(['sync'], { cwd: project.folder, columns: 200 })
  await yes.until(asked, 'the question')
  yes.type('y\r')
  expect((await yes.ended).code).toBe(0)
  expect(await tables()).toEqual([{ at: 'tidemark', n: expect.any(Number) }])
  const again = inTerminal(['sync'], { cwd: project.folder, columns: 200 })
  expect((await again.ended).code).toBe(0)
  expect((await again.everything()).join(' ')).not.toContain('Go on?')
})

it('a config that names it is not asked', async () => {
  const { project } = await application()
  project.config(
    `import { defineConfig, env } from '@tidemark/runner/config'\nexport default defineConfig({ destination: env('DATABASE_URL') })`,
  )
  const { code, stderr } = await project.run(['sync'])
  expect(code).toBe(0)
  expect(stderr).not.toContain('No destination')
})

it.each([
  'mysql://me:c4nary@host/app',
  'postgresql;me:c4nary@host/app',
  'file:./dev.db',
  'jdbc:postgresql://h/a?password=c4nary',
])('another kind of database in DATABASE_URL is passed over, and that is said: %s', async (url) => {
  const project = testProject()
  project.write('.env', `DATABASE_URL='${url}'\n`)
  project.install('daily', dailySource('daily'))
  const { code, stdout, stderr } = await project.run(['sync'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/DATABASE_URL is not a Postgres URL: Tidemark creates its tables in \S+data\/tidemark\.db/)
  expect(stdout + stderr).not.toContain('c4nary')
  expect(existsSync(join(project.folder, 'data/tidemark.db'))).toBe(true)
  expect((await project.run(['sync'])).stderr).not.toContain('DATABASE_URL')
})

it('with destination: a foreign address the sync is refused, and no file of that name is made', async () => {
  for (const destination of [
    'jdbc:postgresql://h/app?password=c4nary',
    'sqlite:///x',
    'mongodb://me:c4nary@h',
    'Server=h;Password=c4nary',
  ]) {
    const project = testProject()
    project.install('daily', dailySource('daily'))
    project.config({ destination })
    for (const args of [['sync'], ['check'], ['status', '--json']]) {
      const { code, stdout, stderr } = await project.run(args)
      expect(code).toBe(2)
      expect(stderr).toMatch(
        /give it the path of a SQLite file, such as data\/tidemark\.db, or of a DuckDB file, such as data\/tidemark\.duckdb, or a url such as postgres:/,
      )
      expect(stdout + stderr).not.toContain('c4nary')
    }
    expect(existsSync(join(project.folder, destination.split('/')[0]!))).toBe(false)
  }
})
