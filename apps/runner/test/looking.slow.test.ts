import { createHash } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { logLines } from './log-lines.ts'
import { pacedSource } from './paced-source.ts'
import { type Outcome, type TestProject, testProject } from './test-project.ts'

const json = ({ stdout, stderr }: Outcome): unknown => {
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}

const BROKEN = `if (name === 'broken' && to.startsWith('2026-01-05')) throw new Error('closed on 01-05')`

function shop(more = BROKEN): TestProject {
  const project = testProject()
  project.install('shop', pacedSource({ orders: 1, broken: 1 }, more))
  return project
}

const text = z.string()
const instant = z.iso.datetime()
const count = z.int().min(0)
const rows = z.strictObject({
  read: count,
  written: count,
  unchanged: count,
  deduped: count,
  trimmed: count,
  rejected: count,
  deleted: count,
})

const estimate = z.strictObject({
  windows: count,
  at_least: z.boolean(),
  unknown_windows: count,
  ms: count.nullable(),
  requests: count.nullable(),
  rows_per_second: count.nullable(),
})

const Status = z.strictObject({
  to_timestamp: instant.nullable(),
  synced_tables: z.array(text),
  tables: z.array(
    z.strictObject({
      name: text,
      source: text,
      table: text,
      feed: text.nullable(),
      status: z.enum(['new', 'backfilling', 'complete', 'failing', 'paused', 'removed', 'returned']),
      paused_for: text.nullable(),
      covered: z.array(z.strictObject({ from: text.nullable(), to: text })),
      complete_to: text.nullable(),
      partitions: count,
      partitions_failing: count,
      partitions_removed: count,
      resyncs: count,
      too_young: count,
      without_cursor: count,
      undeclared: z.array(text),
      last_synced_at: instant.nullable(),
      last_checked_at: instant.nullable(),
      deletions: z.enum(['seen', 'reported', 'unseen']).nullable(),
      fresh_until: instant.nullable(),
      stale: z.boolean(),
      fresh_within_ms: count,
      every_ms: count.nullable(),
      next_check_at: instant.nullable(),
      last_error: text.nullable(),
      error_code: text.nullable(),
      error_remedy: z.enum(['retry', 'fix-config', 'fix-source', 'upgrade']).nullable(),
      fix: z.strictObject({ what: text, when: text, command: text, see: text }).nullable(),
      removed_at: instant.nullable(),
      coverage: z
        .strictObject({
          from: text.nullable(),
          to: text,
          share: z.number().min(0).max(1),
          covered_to: z.number().min(0).max(1),
          segments: z.array(z.strictObject({ from: z.number(), to: z.number(), share: z.number() })),
          gaps: z.array(z.strictObject({ from: text.nullable(), to: text })),
          gaps_in_all: count,
        })
        .nullable(),
      lag_ms: count.nullable(),
      next_try_at: instant.nullable(),
      rows: count.nullable(),
      rows_exact: z.boolean(),
      holes: z.int().nonnegative(),
      rejects: count,
      work_left: estimate.nullable(),
    }),
  ),
  work_left: estimate,
  feeds: z.array(z.unknown()).length(0),
  failing_sources: z.array(
    z.strictObject({
      name: text,
      failing_since: instant,
      failures: count,
      last_error: text,
      error_code: text.nullable(),
      error_remedy: z.enum(['retry', 'fix-config', 'fix-source', 'upgrade']).nullable(),
      fix: z.strictObject({ what: text, when: text, command: text, see: text }).nullable(),
    }),
  ),
  runner: z.strictObject({
    state: z.enum(['running', 'waiting', 'none']),
    host: text.nullable(),
    pid: count.nullable(),
    run: count.nullable(),
    every_ms: count.nullable(),
    next_run_at: instant.nullable(),
    missed_run_at: instant.nullable(),
    last_run: z
      .strictObject({
        run: count,
        state: z.enum(['ended', 'crashed']),
        ended_at: instant.nullable(),
        ended_by: z.enum(['interrupted', 'terminated', 'time limit', 'stopped', 'crashed']).nullable(),
        exit_code: count.nullable(),
      })
      .nullable(),
  }),
  running: z.array(z.unknown()),
})

const Run = z.strictObject({
  run: count,
  state: z.enum(['running', 'ended', 'crashed']),
  started_at: instant,
  ended_at: instant.nullable(),
  exit_code: count.nullable(),
  ended_by: text.nullable(),
  error: text.nullable(),
  host: text,
  pid: count,
  tables: count,
  steps: count,
  failed_steps: count,
  folded_steps: count,
  rows,
})

describe('the documents of --json', () => {
  it('are as documented: status, plan, runs, check', async () => {
    const project = shop()
    await project.run(['sync'])
    const status = Status.parse(json(await project.run(['status', '--json'])))
    expect(status.tables.find(({ name }) => name === 'shop_broken')).toMatchObject({
      status: 'failing',
      rows: 30,
      rows_exact: true,
      coverage: { gaps: [{ from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z' }], gaps_in_all: 1 },
      last_error: 'closed on 01-05',
      error_remedy: 'fix-source',
      // Nobody runs, so nobody tries again.
      next_try_at: null,
      fix: { what: 'a bug in the source: report it to its author', command: 'npx tidemark sync shop_broken' },
    })
    expect(status.runner).toMatchObject({ state: 'none', last_run: { run: 1, state: 'ended', exit_code: 3 } })
    expect(status.tables.find(({ name }) => name === 'shop_orders')).toMatchObject({ rows: 50, status: 'complete' })

    const { runs } = z.strictObject({ runs: z.array(Run) }).parse(json(await project.run(['runs', '--json'])))
    expect(runs).toMatchObject([
      { run: 1, state: 'ended', exit_code: 3, tables: 2, failed_steps: 1, rows: { written: 80 } },
    ])

    const step = z.strictObject({
      step: count,
      table: text,
      partition: text,
      kind: text,
      from: text.nullable(),
      to: text.nullable(),
      attempt: count,
      began_at: instant,
      rows,
      error: text.nullable(),
    })
    const table = z.strictObject({
      table: text,
      started_at: instant,
      steps: count,
      failed_steps: count,
      rows,
      duration_ms: count,
      reading_ms: count,
      writing_ms: count,
    })
    const one = Run.extend({ by_table: z.array(table), failures: z.array(step), running: z.array(step) }).parse(
      json(await project.run(['runs', '1', '--json'])),
    )
    expect(one.failures).toMatchObject([
      { table: 'shop_broken', from: '2026-01-04T00:00:00Z', to: '2026-01-05T00:00:00Z', error: 'closed on 01-05' },
    ])

    const plan = json(await project.run(['plan', '--json'])) as { tables: { name: string }[] }
    expect(plan.tables.find(({ name }) => name === 'shop_broken')).toMatchObject({
      tracking: 'known',
      windows: 4,
      ranges: [
        {
          lane: 'backfill',
          kind: 'backfill',
          windows: 4,
          partitions: 1,
          window: { from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z' },
        },
      ],
    })
    expect(json(await project.run(['check', '--json']))).toMatchObject({
      destination: {
        kind: 'sqlite',
        exists: true,
        free_bytes: expect.any(Number),
        problems: [],
        version: expect.stringMatching(/^3\./),
      },
      sources: [{ name: 'shop', tables: 2 }],
    })
  })
})

describe('plan', () => {
  it('says which tables are new, known, returned, removed and paused, what would be added, and what may be deleted', async () => {
    const project = testProject()
    const source = (tables: string): string => `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const row = (more = {}) => z.object({ id: z.int(), ...more })
const whole = (name, more = {}, key = ['id']) => source.table({ name, row: row(more), primaryKey: key, async *read() { yield Array.from({ length: 150 }, (_, id) => ({ id, note: 'a', code: 'c' + id })) } })
export default register(source.with([${tables}]))`
    project.install(
      'shop',
      source(`whole('stays'), whole('grows'), whole('turns', { code: z.string() }), whole('goes'), whole('back')`),
    )
    await project.run(['sync'])
    project.install(
      'shop',
      source(`whole('stays'), whole('grows'), whole('turns', { code: z.string() }), whole('goes')`),
    )
    await project.run(['sync'])
    project.install(
      'shop',
      source(
        `whole('stays'), whole('grows', { note: z.string() }), whole('turns', { code: z.string() }, ['code']), whole('back'), whole('fresh')`,
      ),
    )
    const { stdout, code } = await project.run(['plan'])
    expect(code).toBe(3)
    expect(stdout).toMatch(
      /^KNOWN +shop_stays: 1 window\n +full refresh\n +estimate: about 1 s, about 1 request\n +may delete rows that are missing at the source, of its 150 rows; the run withholds all deletions if more than 50 % are missing$/m,
    )
    expect(stdout).toMatch(/^KNOWN +shop_grows: 1 window\n +column "note" \(text\) would be added$/m)
    expect(stdout).toMatch(/^PAUSED +shop_turns: its primary key changed from id to code; .*resync shop_turns --full$/m)
    expect(stdout).toMatch(/^RETURNED +shop_back: 1 window$/m)
    expect(stdout).toMatch(/^NEW +shop_fresh: 1 window\n +full refresh\n +estimate: time and requests unknown$/m)
    expect(stdout).toMatch(/^REMOVED +shop_goes: no longer tracked; its rows stay$/m)
  })
})

describe('runs', () => {
  it('lists them, tells one table by table, and names a crash and a number that is none', async () => {
    const project = shop(
      `if (process.env.HANG) { console.log('hung'); await new Promise(() => setInterval(() => {}, 1000)) }; ${BROKEN}`,
    )
    expect((await project.run(['runs'])).stderr).toContain('there is no database yet')
    await project.run(['sync'])
    const running = project.start(['sync'], { HANG: '1' })
    await running.says('hung')
    expect((await project.run(['runs'])).stdout).toMatch(/^ +2 +.* running /m)
    running.child.kill('SIGKILL')
    await running.ended
    const file = join(project.folder, 'data/tidemark.db')
    const hash = (): string => createHash('sha256').update(readFileSync(file)).digest('hex')
    await project.run(['status'])
    const before = hash()
    const list = await project.run(['runs'])
    expect(list.stdout).toMatch(/^ +1 +.*Z +.* exit 3 +2 +\d+ +85 +80 +0 +1$/m)
    const one = await project.run(['runs', '1'])
    expect(one.stdout).toMatch(/^shop_broken +7 +1 +35 +30 /m)
    expect(one.stdout).toMatch(
      /^failed: table shop_broken, 2026-01-04T00:00:00Z to 2026-01-05T00:00:00Z: closed on 01-05$/m,
    )
    for (const id of ['99', 'x', '-1', '1e3', '99999999999999999999']) {
      const none = await project.run(['runs', id === '-1' ? '--' : id, ...(id === '-1' ? [id] : [])])
      expect(none.code, id).toBe(2)
      expect(none.stderr, id).toContain('#unknown-run')
      expect(none.stderr, id).toMatch(/there is no run ".*"; the last one is 2, and "tidemark runs" lists them/)
    }
    expect(hash()).toBe(before)
  })
})

describe('without a terminal', () => {
  it('a long run says a plain line for each table every half minute, without escapes', async () => {
    const project = testProject()
    project.install('shop', pacedSource({ orders: 3400, users: 1 }))
    // One window after another, so that it takes more than half a minute.
    project.config({ perTable: 1 })
    const { stderr, stdout, code } = await project.run(['sync'])
    expect(code).toBe(0)
    expect(stderr + stdout).not.toContain('\u001b')
    const plain = stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('{'))
    expect(
      plain.filter((line) => /^shop_orders: window \d+ of 10, \d+ rows, \d+\/s, about \d+ s left$/.test(line)),
    ).toHaveLength(1)
    expect(plain.filter((line) => line.startsWith('shop_users:'))).toHaveLength(1)
    expect(plain).toHaveLength(2)
    expect(logLines(stderr).length).toBeGreaterThan(0)
  })
})

describe('a database that is not as it should be', () => {
  it('newer, locked or foreign: status and check say what is wrong and what to do', async () => {
    const project = shop()
    await project.run(['sync'])
    const file = join(project.folder, 'data/tidemark.db')
    const database = new DatabaseSync(file)
    database.exec('begin exclusive')
    const locked = await project.run(['status'])
    expect(locked.stdout + locked.stderr).toMatch(/Every table|Not every table|error: .*(locked|busy|another)/)
    database.exec('rollback')
    database.exec('update _tidemark_meta set version = 99')
    database.close()
    for (const verb of ['status', 'check', 'runs', 'plan']) {
      const newer = await project.run([verb])
      expect([2, 6], verb).toContain(newer.code)
      expect(newer.stderr, verb).toMatch(/newer/)
      expect(newer.stderr, verb).not.toMatch(/bug in Tidemark/)
    }
  })

  it.skipIf(process.getuid?.() === 0)('check says when it cannot be written', async () => {
    const project = shop()
    await project.run(['sync'])
    chmodSync(join(project.folder, 'data'), 0o500)
    const { code, stdout } = await project.run(['check'])
    chmodSync(join(project.folder, 'data'), 0o700)
    expect(code).toBe(6)
    expect(stdout).toMatch(/missing: the folder .* cannot be written by this user/)
  })
})
