import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { placeOf } from '@tidemark/destination'
import { startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChildQuestion } from '../src/query-apart.ts'
import { inTerminal } from './pty.ts'
import { dailySource, type TestProject, testProject } from './test-project.ts'

const ENDLESS = 'with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c'
/** A machine that has much else to do takes a while. */
const SOON_MS = 8000

async function synced(): Promise<TestProject> {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  await project.run(['sync'])
  return project
}

/** Processes of the query that are left in this project. */
function left({ folder }: TestProject): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`PROJECT=${folder}`)
    } catch {
      return false
    }
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function gone(project: TestProject): Promise<void> {
  for (const until = Date.now() + SOON_MS; left(project).length > 0; await pause(50))
    if (Date.now() > until) throw new Error('a process is left')
}

describe.runIf(process.platform === 'linux')('a query that never ends', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends by %s, with all its processes', async (signal, code) => {
    const project = await synced()
    const running = project.start(['query', ENDLESS, '--json'], { PROJECT: project.folder })
    await pause(1500)
    expect(left(project).length).toBe(2)
    const at = Date.now()
    running.child.kill(signal)
    const { code: ended, stdout, stderr } = await running.ended
    expect(ended).toBe(code)
    expect(Date.now() - at).toBeLessThan(SOON_MS)
    expect(stderr).not.toMatch(/bug in Tidemark/)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'stopped' } })
    await gone(project)
  })

  it('ends by Ctrl-C', async () => {
    const project = await synced()
    const pty = inTerminal(['query', ENDLESS], { cwd: project.folder, environment: { PROJECT: project.folder } })
    await pause(1500)
    pty.type('\u0003')
    expect((await pty.ended).code).toBe(130)
    await gone(project)
  })

  it('ends when its time is up', async () => {
    const project = await synced()
    const { code, stderr } = await project.run(['query', ENDLESS, '--max-time', '1s'], { PROJECT: project.folder })
    expect(code).toBe(2)
    expect(stderr).toMatch(/the query took longer than 1 s and was canceled; .*--max-time 1h/)
    await gone(project)
  })

  it('ends when the process that asked is killed', async () => {
    const project = await synced()
    const running = project.start(['query', ENDLESS], { PROJECT: project.folder })
    await pause(1500)
    expect(left(project).length).toBe(2)
    running.child.kill('SIGKILL')
    await running.ended
    await gone(project)
  })

  it('ends where the process that asked was gone before it began', async () => {
    const { folder } = await synced()
    const child = fork(join(import.meta.dirname, '../dist/query-child.js'), [], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    // No process has this number.
    const question: ChildQuestion = {
      place: placeOf(join(folder, 'data/tidemark.db')),
      statement: ENDLESS,
      asker: 2 ** 22 + 1,
    }
    child.send(question)
    expect(await Promise.race([ended, pause(SOON_MS)])).toEqual([null, 'SIGKILL'])
  })

  it('ends on a server of Postgres as well, also there', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const { url } = await server.newSchema()
    const project = testProject()
    project.install('daily', dailySource('daily'))
    const environment = { DATABASE_URL: url }
    await project.run(['sync'], environment)
    const busy = async () =>
      (
        await server.rows(
          "select 1 from pg_stat_activity where query like '%generate_series(1, 1e15%' and state = 'active' and pid <> pg_backend_pid()",
        )
      ).length
    const slow = 'select count(*) from generate_series(1, 1e15::bigint)'
    const running = project.start(['query', slow], environment)
    for (const until = Date.now() + SOON_MS; (await busy()) === 0 && Date.now() < until; ) await pause(50)
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(143)
    for (const until = Date.now() + SOON_MS; (await busy()) > 0 && Date.now() < until; ) await pause(50)
    expect(await busy()).toBe(0)
    const { code, stderr } = await project.run(['query', slow, '--max-time', '1s'], environment)
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('longer than 1 s') })
  })
})

describe('a query', () => {
  it('says the same as before: rows, and what is wrong with a statement', async () => {
    const project = await synced()
    const rows = await project.run([
      'query',
      '--json',
      "select 1 as a, 9007199254740993 as b, x'00ff' as c, null as d, 'x' as e",
    ])
    expect(rows.stdout).toContain('"b": "9007199254740993"')
    expect(JSON.parse(rows.stdout).rows).toEqual([{ a: 1, b: '9007199254740993', c: 'AP8=', d: null, e: 'x' }])
    const many = await project.run([
      'query',
      '--csv',
      'with recursive c(x) as (select 1 union all select x + 1 from c limit 5000) select x from c',
    ])
    expect(many.stdout.split('\r\n')).toHaveLength(5002)
    expect((await project.run(['query', 'select x from c where false union all select 1 where false'])).stderr).toMatch(
      /no such table/,
    )
    expect((await project.run(['query', 'select 1 as a where false', '--json'])).stdout).toContain('"rows": []')
    for (const [statement, message] of [
      ['delete from daily_days', /would write/],
      ['select 1; select 2', /more than one statement/],
      ['selct', /syntax error/],
    ] as const) {
      const { code, stderr } = await project.run(['query', statement])
      expect(code).toBe(2)
      expect(stderr).toMatch(message)
    }
    expect((await project.run(['query', 'select 1', '--max-time', 'soon'])).stderr).toMatch(
      /--max-time: "soon" is not a duration/,
    )
  })

  it.each([
    ['larger than SQLite takes', 'select zeroblob(1500000000)', /the query cannot be run: string or blob too big/],
    ['larger than 512 MiB', 'select hex(zeroblob(300000000))', /cannot be run: a value is larger than 512 MiB/],
    ['larger than can be printed', 'select zeroblob(300000000) as x', /the result is too large to print/],
  ])('a value that is %s is no bug', async (_, statement, message) => {
    const project = await synced()
    const { code, stderr } = await project.run(['query', statement])
    expect(stderr).not.toMatch(/bug in Tidemark/)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('a file that is no database is said by its name', async () => {
    const project = await synced()
    project.write(
      'data/tidemark.db',
      'this is no database at all, but a text that is long enough to be taken for one '.repeat(9),
    )
    const { code, stderr } = await project.run(['query', 'select 1'])
    expect(code).toBe(6)
    expect(stderr).toMatch(/data\/tidemark\.db is not a SQLite database/)
  })
})

/** A source that has no rows any more, or does not answer in one place; the table has very many. */
const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const hang = (at) => process.env.HANG === at ? new Promise(() => { console.log('waiting'); setInterval(() => {}, 1000) }) : undefined
const source = defineSource({ name: 'big', connect: async () => { await hang('connect'); return {} } })
export default register(source.with([source.table({
  name: 't', row: z.object({ id: z.int(), text: z.string() }), primaryKey: ['id'],
  revision: async () => { await hang('revision'); return String(Math.random()) },
  async *read() { await hang('read'); yield [{ id: 1, text: 'one' }] },
})]))`

describe.each(['verify', 'resync'])('%s', (verb) => {
  const words = verb === 'verify' ? ['verify', 'big_t'] : ['resync', 'big_t', '--full', '--yes']

  it.each(['connect', 'revision', 'read'])('ends by SIGTERM while its source does not answer: %s', async (at) => {
    const project = testProject()
    project.install('big', SOURCE)
    await project.run(['sync'])
    const running = project.start([...words, '--json'], { HANG: at })
    await running.says('waiting')
    const sent = Date.now()
    running.child.kill('SIGTERM')
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(143)
    expect(Date.now() - sent).toBeLessThan(SOON_MS)
    expect(stderr).not.toMatch(/bug in Tidemark/)
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 143 })
  })
})

it('verify ends by SIGTERM in the middle of very many rows that the source has not', async () => {
  const project = testProject()
  project.install('big', SOURCE)
  await project.run(['sync'])
  const raw = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
  raw.exec(
    `with recursive c(x) as (select 2 union all select x + 1 from c limit 1500000)
      insert into big_t (id, text, _synced_at) select x, 'text ' || x, '2026-01-01T00:00:00.000000Z' from c`,
  )
  raw.close()
  const running = project.start(['verify', 'big_t'])
  await pause(3000)
  const sent = Date.now()
  running.child.kill('SIGTERM')
  const { code, stdout } = await running.ended
  expect(Date.now() - sent).toBeLessThan(5000)
  expect(code).toBe(143)
  expect(stdout).toContain('stopped before everything was compared')
})
