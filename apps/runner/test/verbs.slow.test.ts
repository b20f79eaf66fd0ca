import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { messages } from './log-lines.ts'
import { dailySource, type Outcome, type TestProject, testProject } from './test-project.ts'

function json<T = Record<string, never>>({ stdout, stderr }: Outcome): T {
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as T
}

interface SyncReport {
  readonly exit_code: number
  readonly tables: readonly {
    readonly name: string
    readonly status: string
    readonly rows: { readonly read: number; readonly written: number }
    readonly steps_left: number
  }[]
}
const written = (outcome: Outcome): Record<string, number> =>
  Object.fromEntries(json<SyncReport>(outcome).tables.map(({ name, rows }) => [name, rows.written]))

function abc(tables: readonly string[] = ['b', 'a', 'c']): TestProject {
  const project = testProject()
  project.install('demo', dailySource('demo', tables))
  return project
}

describe('sync', () => {
  it('gives new tables their history, then nothing, then a new table its own', async () => {
    const project = abc()
    const first = await project.run([])
    expect(first.stderr).toContain('demo_a is new, needs history from 2026-01-01T00:00:00Z')
    expect(first.stdout).toMatch(/table +status +written.*\n-.*\ndemo_b +complete +31/)
    expect(first.stdout).toMatch(/3 tables, 93 rows written, in /)
    expect(first.stdout).toMatch(/To query the rows: npx tidemark query "select \* from demo_[abc] limit 10"/)
    expect(first.code).toBe(0)

    const status = json<{ synced_tables: string[]; to_timestamp: string }>(await project.run(['status', '--json']))
    expect(status.synced_tables).toEqual(['demo_a', 'demo_b', 'demo_c'])
    expect(status.to_timestamp).toBe('2026-01-31T23:59:00Z')

    const second = await project.run(['sync', '--json'])
    expect(written(second)).toEqual({ demo_a: 0, demo_b: 0, demo_c: 0 })
    expect(second.stderr).toContain('demo_a continues from 2026-01-31T23:59:00Z')

    project.install('demo', dailySource('demo', ['a', 'b', 'c', 'd']))
    const third = await project.run(['sync', '--json'])
    expect(written(third)).toEqual({ demo_a: 0, demo_b: 0, demo_c: 0, demo_d: 31 })
    expect(third.stderr).toContain('demo_d is new, needs history from 2026-01-01T00:00:00Z')
  })

  it('reads only what is named, a table by either name or a source', async () => {
    const project = abc()
    expect(Object.keys(written(await project.run(['sync', 'demo_a', '--json'])))).toEqual(['demo_a'])
    expect(Object.keys(written(await project.run(['sync', 'b', '--json'])))).toEqual(['demo_b'])
    expect(Object.keys(written(await project.run(['--json', 'sync', 'demo']))).toSorted()).toEqual([
      'demo_a',
      'demo_b',
      'demo_c',
    ])
  })

  it('says what failed, why, what to do and how to go on, and finishes the rest', async () => {
    const project = abc()
    project.install(
      'flaky',
      dailySource('flaky', ['days', 'other']).replace(
        'const rows = []',
        `if (name === 'days' && from < '2026-01-10') throw new Error('the wheel\\ncame off')\n const rows = []`,
      ),
    )
    const { code, stdout } = await project.run([])
    expect(stdout).toContain(
      'failed: table flaky_days: the wheel ⏎ came off (fix-source: a bug in the source: report it to its author; then: npx tidemark sync flaky_days; see node_modules/@tidemark/runner/dist/errors.md#source-bug)',
    )
    expect(stdout).toMatch(/flaky_days +failing/)
    expect(stdout).toMatch(/flaky_other +complete +31/)
    expect(stdout).toMatch(/demo_a +complete +31/)
    expect(code).toBe(3)
    const verbose = await project.run(['--verbose'])
    expect(verbose.stderr).toMatch(/Error: the wheel\ncame off\n +at .*index\.js/)
    // Only what it lacks is left.
    project.install('flaky', dailySource('flaky', ['days', 'other']))
    const after = await project.run(['--json'])
    expect(written(after)['flaky_other']).toBe(0)
    expect(written(after)['flaky_days']).toBeGreaterThan(0)
    expect(after.code).toBe(0)
    expect(json(await project.run(['query', '--json', 'select count(*) as n from flaky_days']))).toMatchObject({
      rows: [{ n: 31 }],
    })
  })

  it('ends with 5 where no source is left, and takes no table for removed', async () => {
    const project = abc()
    await project.run([])
    project.install('demo', 'throw new Error("broken today")')
    const { code, stdout, stderr } = await project.run([])
    expect(stdout).toMatch(/failed: source demo: package "source-demo" cannot be loaded: broken today \(fix-source: /)
    expect(stderr).not.toContain('removed')
    expect(code).toBe(5)
    expect(json<{ synced_tables: string[] }>(await project.run(['status', '--json'])).synced_tables).toHaveLength(3)
  })

  it('takes no table for removed whose package broke and cannot say its name', async () => {
    const project = testProject()
    project.install('demo', dailySource('named_otherwise'))
    project.install('good', dailySource('good'))
    await project.run([])
    project.install('demo', 'throw new Error("broken today")')
    const { code, stderr } = await project.run([])
    expect(stderr).not.toContain('removed')
    expect(code).toBe(3)
  })

  it('marks the tables of a removed package, keeps their rows, and goes on when it is back', async () => {
    const project = abc()
    await project.run([])
    const manifest = JSON.stringify({ dependencies: {} })
    project.write('package.json', manifest)
    const gone = await project.run([])
    expect(messages(gone.stderr)).toMatch(/demo_a is removed: source "demo" is no longer installed.*its rows stay/)
    expect(gone.code).toBe(0)
    expect((await project.run(['status'])).stdout).toMatch(/demo_a +removed/)
    project.write('package.json', JSON.stringify({ dependencies: { 'source-demo': '1' } }))
    const back = await project.run(['--json'])
    expect(back.stderr).toMatch(/demo_a is back, continues from/)
    expect(written(back)).toEqual({ demo_a: 0, demo_b: 0, demo_c: 0 })
  })

  it('takes the word of another system for what is synced', async () => {
    const project = abc()
    project.config({ synced_tables: 'demo_a, b', to_timestamp: '2026-01-15' })
    const counts = written(await project.run(['--json']))
    expect(counts).toEqual({ demo_a: 17, demo_b: 17, demo_c: 31 })
  })

  it('runs in the folder of its project and reads relative paths from there', async () => {
    const project = abc()
    project.install('where', dailySource('where', ['t'], 'console.log("standing in " + process.cwd())'))
    project.config({ destination: 'here/x.db' })
    project.write('below/readme', '')
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
    const outcome = spawnSync(process.execPath, [main, 'sync', '--json'], {
      cwd: join(project.folder, 'below'),
      encoding: 'utf8',
    })
    expect(outcome.stderr).toMatch(/standing in .*tidemark-runner-\w+\n/)
    expect(json<SyncReport>({ ...outcome, code: outcome.status }).tables).toHaveLength(4)
    expect(existsSync(join(project.folder, 'here/x.db'))).toBe(true)
  })
})

describe('looking', () => {
  it('plan prints the windows and --json the same', async () => {
    const project = abc(['a'])
    const text = await project.run(['plan'])
    expect(text.stdout).toMatch(
      /^NEW +demo_a: 5 windows\n +backfill: 2026-01-01T00:00:00Z to 2026-01-31T23:59:00Z, 5 windows\n/,
    )
    expect(text.stdout).toMatch(/5 windows to read in 1 table \(1 new\); nothing was written\./)
    expect(
      json<{ tables: { steps: unknown[] }[] }>(await project.run(['plan', '--json'])).tables[0]?.steps,
    ).toHaveLength(5)
  })

  it('show prints rows of the source', async () => {
    const project = abc(['a'])
    const { stdout, code } = await project.run(['show', 'demo_a', '--limit', '2', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      table: 'demo_a',
      columns: ['id', 'at', 'note'],
      rows: [{ id: expect.any(Number) }, {}],
    })
    expect(code).toBe(0)
  })

  it('query prints a table, JSON or CSV, and nothing that a terminal obeys', async () => {
    const project = abc(['a'])
    await project.run([])
    const text = await project.run([
      'query',
      `select id, 'x' || char(27) || '[31m' || char(7) as sneaky, 9007199254740993 as big, x'00ff' as bytes from demo_a where id < 2 order by id`,
    ])
    expect(text.stdout).toBe(
      `id  sneaky               big  bytes\n--  ------  ----------------  -------\n 0  x       9007199254740993  x'00ff'\n 1  x       9007199254740993  x'00ff'\n(2 rows)\n`,
    )
    const exact = await project.run(['query', '--json', `select 9007199254740993 as big, 5 as small, null as absent`])
    expect(json(exact)).toEqual({
      columns: ['big', 'small', 'absent'],
      rows: [{ big: '9007199254740993', small: 5, absent: null }],
    })
    expect((await project.run(['query', '--csv', `select id, note from demo_a where id < 1`])).stdout).toBe(
      'id,note\r\n0,a 0\r\n',
    )
    const wrong = await project.run(['query', 'selec 1', '--json'])
    expect(json(wrong)).toMatchObject({ error: { remedy: 'fix-config' }, exit_code: 2 })
    expect(wrong.code).toBe(2)
  })

  it('tables lists what is tracked', async () => {
    const project = abc(['a'])
    await project.run([])
    expect(json(await project.run(['tables', '--json']))).toMatchObject({
      tables: [
        { name: 'demo_a', primary_key: ['id'], cursor: 'at', columns: [{ name: 'id', type: 'integer' }, {}, {}] },
      ],
    })
    expect((await project.run(['tables'])).stdout).toMatch(
      /demo_a +demo +complete +id +at +id integer, at timestamp, note text/,
    )
  })
})

describe('resync', () => {
  it('reads a part again, or everything again', async () => {
    const project = abc(['a'])
    await project.run([])
    const file = join(project.folder, 'data/tidemark.db')
    const database = new DatabaseSync(file)
    database.exec(`update demo_a set note = 'wrong'`)
    database.close()
    const part = await project.run(['resync', 'demo_a', '--from', '2026-01-03', '--to', '2026-01-06', '--json'])
    expect(written(part)).toEqual({ demo_a: 3 })
    const full = await project.run(['resync', 'a', '--full', '--yes', '--json'])
    expect(written(full)).toEqual({ demo_a: 31 })
    expect(full.code).toBe(0)
  })
})

describe('--json', () => {
  it('is one document on stdout whatever a source prints, also where it fails', async () => {
    const project = testProject()
    project.install(
      'loud',
      dailySource('loud', ['t'], 'console.log("hello"); console.info({ a: 1 }); console.table([1])'),
    )
    for (const args of [['sync'], ['plan'], ['check'], ['show', 't'], ['sync', 'unknown'], ['unknown']]) {
      const outcome = await project.run([...args, '--json'])
      expect(() => JSON.parse(outcome.stdout), `${args}: ${outcome.stdout}`).not.toThrow()
      expect(outcome.stdout.endsWith('}\n')).toBe(true)
    }
  })
})

describe('the process', () => {
  it('goes on when no one reads its output any more', async () => {
    const project = abc(['a'])
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
    const child = spawn(process.execPath, [main, 'sync', '--project', project.folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    child.stderr.destroy()
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(json(await project.run(['query', '--json', 'select count(*) as n from demo_a']))).toMatchObject({
      rows: [{ n: 31 }],
    })
  })

  it('ends although a source left something open', async () => {
    const project = testProject()
    project.install('open', dailySource('open', ['t'], 'setInterval(() => {}, 1000)'))
    expect((await project.run([])).code).toBe(0)
  })

  it('ends when a source waits for what can never come', async () => {
    const project = testProject()
    project.install(
      'waits',
      dailySource('waits', ['t']).replace("name: 'waits'", "name: 'waits', connect: () => new Promise(() => {})"),
    )
    const { code, stderr } = await project.run(['check'])
    expect(stderr).toContain('a source waits for something that can no longer happen')
    expect(code).toBe(3)
  })

  it('prints help and version', async () => {
    const project = testProject()
    const help = await project.run(['--help'])
    expect(help.code).toBe(0)
    for (const verb of ['sync', 'plan', 'status', 'tables', 'show', 'check', 'query', 'rejects', 'resync', 'runs'])
      expect(help.stdout).toMatch(new RegExp(`^ +${verb} `, 'm'))
    expect((await project.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('calls an error that is no source’s a bug, with the stack', async () => {
    const project = testProject()
    project.install('slow', dailySource('slow', ['t'], 'await new Promise((resolve) => setTimeout(resolve, 500))'))
    project.config("setTimeout(() => { throw new Error('out of the blue') }, 50)\nexport default {}")
    const { code, stderr } = await project.run([])
    expect(stderr).toMatch(/out of the blue[\s\S]*at /)
    expect(code).toBe(1)
  })

  it('says how to call it again from another folder', async () => {
    const project = abc(['a'])
    rmSync(join(project.folder, 'data'), { recursive: true, force: true })
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
    const outcome = spawnSync(process.execPath, [main, 'status', '--project', project.folder], {
      cwd: '/',
      encoding: 'utf8',
    })
    expect(outcome.stdout).toMatch(/npx tidemark --project tmp\/tidemark-runner-\w+ sync/)
  })
})

describe('tables --md', () => {
  const SOURCE = `
import { defineSource, numeric, register, secret } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop', config: z.object({
  token: secret().describe('a token | from the shop'),
  size: z.int().default(5).describe('how many'),
  mode: z.enum(['a', 'b']).optional(),
  lists: z.record(z.string(), z.object({ path: z.string().describe('where\\nit is') })).default({}),
}) })
export default register(shop.with([shop.table({ name: 'sales', row: z.object({ id: z.int(), price: numeric().nullable().describe('in euros'), at: z.iso.datetime() }),
  primaryKey: ['id'], cursor: 'at', async *read() {} })]))
`

  it('lists config and tables of an installed source from its schemas, without config or database', async () => {
    const project = testProject()
    project.install('shop', SOURCE)
    const { stdout, code } = await project.run(['tables', 'shop', '--md'])
    expect(code).toBe(0)
    expect(stdout.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')).toBe(`# shop

## Config

| field | type | default | meaning |
| --- | --- | --- | --- |
| \`token\` | secret | required | a token \\| from the shop |
| \`size\` | integer | \`5\` | how many |
| \`mode\` | \`a\` or \`b\` | | |
| \`lists\` | object by name | \`{}\` | |
| \`lists.*.path\` | text | required | where it is |

## Tables

### sales

| column | type | NULL | meaning |
| --- | --- | --- | --- |
| \`id\` | integer | | key |
| \`price\` | numeric | yes | in euros |
| \`at\` | timestamp | | cursor |
`)
    expect(existsSync(join(project.folder, 'data'))).toBe(false)
    expect(await project.run(['tables', 'shoop', '--md'])).toMatchObject({ code: 2 })
    expect((await project.run(['tables', 'shop'])).stderr).toContain('name sources only with --md')
  })
})
