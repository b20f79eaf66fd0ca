import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KINDS, KINDS_SOURCE, ROWS } from './kinds.ts'
import { type Outcome, type TestProject, testProject } from './test-project.ts'

interface Task {
  readonly table: string
  readonly partition: string
  readonly lane: string
  readonly kind: string
  readonly from?: string
  readonly to?: string
  readonly command: string
  readonly args: readonly string[]
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

function kinds(source = KINDS_SOURCE): TestProject {
  const project = testProject()
  project.install('kinds', source)
  return project
}

/** Five windows for each of the tables that are read in windows: each task is a process of its own. */
const FEW_WINDOWS = KINDS_SOURCE.replaceAll('days(2)', 'days(8)')

// biome-ignore lint/suspicious/noExplicitAny: what a command prints is what is looked at
const json = ({ stdout }: Outcome): any => JSON.parse(stdout)

describe.each(['sqlite', 'postgres'])('the tasks of a plan, on %s', (kind) => {
  it('do all that is planned, each by its own command', async () => {
    const project = kinds(FEW_WINDOWS)
    const environment = kind === 'postgres' ? { DATABASE_URL: (await server.newSchema()).url } : {}
    const run = (...args: readonly string[]) => project.run(args, environment)
    const tasks: readonly Task[] = json(await run('plan', '--json')).tasks
    const whole = tasks.filter(({ to }) => to === undefined)
    expect(whole.map(({ table }) => table).sort()).toEqual(['kinds_parts', 'kinds_whole'])
    expect(whole[0]).toMatchObject({ kind: 'full_refresh', partition: '' })
    const keyed = tasks.filter(({ table }) => table === 'kinds_keyed')
    expect(keyed).toHaveLength(5)
    expect(keyed[0]).toEqual({
      table: 'kinds_keyed',
      partition: '',
      lane: 'backfill',
      kind: 'backfill',
      from: '2026-02-02T00:00:00Z',
      to: '2026-02-09T23:59:00Z',
      command: 'npx tidemark sync kinds_keyed --from 2026-02-02T00:00:00Z --to 2026-02-09T23:59:00Z',
      args: ['sync', 'kinds_keyed', '--from', '2026-02-02T00:00:00Z', '--to', '2026-02-09T23:59:00Z'],
    })
    // In no particular order.
    for (const { args } of tasks.toSorted((a, b) => (a.args.join() < b.args.join() ? -1 : 1))) {
      const done = await run(...args, '--json')
      expect(done.code, `${args.join(' ')}\n${done.stderr}`).toBe(0)
      expect(json(done).tables).toHaveLength(1)
    }
    const left = json(await run('plan', '--json'))
    expect(left.tasks.filter((task: Task) => task.kind !== 'full_refresh')).toEqual([])
    const counts = await Promise.all(
      KINDS.map(
        async (name) => json(await run('query', `select count(*) as n from kinds_${name}`, '--json')).rows[0].n,
      ),
    )
    expect(counts).toEqual(KINDS.map(() => ROWS))
    const status = json(await run('status', '--json'))
    for (const table of status.tables) expect(table).toMatchObject({ status: 'complete', partitions_failing: 0 })
  })
})

describe('sync of a range', () => {
  it('reads inside alone, and says what is left', async () => {
    const project = kinds()
    const sync = (...args: readonly string[]) => project.run(['sync', ...args, '--json'])
    const first = json(await sync('keyed', '--from', '2026-01-10', '--to', '2026-01-12T12:00:00Z'))
    expect(first).toMatchObject({
      exit_code: 0,
      tables: [{ status: 'backfilling', rows: { written: 60 * 20 }, steps_left: 0 }],
    })
    const status = json(await project.run(['status', '--json']))
    expect(status.tables).toMatchObject([
      { covered: [{ from: '2026-01-10T00:00:00Z', to: '2026-01-12T12:00:00Z' }], last_checked_at: null },
    ])
    const again = json(await sync('keyed', '--from', '2026-01-10', '--to', '2026-01-12T12:00:00Z'))
    expect(again).toMatchObject({ exit_code: 0, tables: [{ rows: { read: 0 } }] })
    const later = json(await sync('keyed', '--from', '2030-01-01'))
    expect(later).toMatchObject({ exit_code: 0, tables: [{ rows: { read: 0 } }] })
  })

  it.each([
    [['--from', '2026-01-10'], '--from applies to one table; name that table: tidemark sync <table> --from …'],
    [['keyed', 'ascending', '--to', '2026-01-10'], '--to applies to one table; name that table'],
    [['keyed', '--partition', 'a', '--every', '5m'], '--partition applies to one run; omit it, or omit --every'],
    [['keyed', '--from', '2026-01-10', '--cron', '* * * * *'], '--from applies to one run; omit it, or omit --cron'],
    [
      ['kinds', '--from', '2026-01-10'],
      'a range is read of one table, and "kinds" selects 5: kinds_ascending, kinds_keyed,',
    ],
    [
      ['whole', '--from', '2026-01-10'],
      'table "kinds_whole" has no cursor, so it is only read as a whole: leave out --from and --to',
    ],
    [['keyed', '--from', 'monday'], '--from: "monday" is not a date; write 2024-01-31 or 2024-01-31T00:00:00Z'],
    [['keyed', '--from', '2026-01-10', '--to', '2026-01-10'], '--from is not before --to'],
    [['keyed', '--partition', 'a'], 'table "kinds_keyed" has no partitions: leave out --partition'],
    [['parts', '--partition', 'none'], 'table "kinds_parts" has no partition "none"; it has even, odd'],
    [['nothing', '--from', '2026-01-10'], 'there is no table or source "nothing"'],
  ])('%j is refused', async (args, message) => {
    const project = kinds()
    const { code, stderr } = await project.run(['sync', ...args])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it('is handed out with the options of the plan, whatever a table and a partition are called', async () => {
    const project = testProject()
    project.install(
      'evil',
      `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'evil' })
export default register(source.with([source.table({
  name: "it's", row: z.object({ id: z.int() }), primaryKey: ['id'], cursor: 'id', window: 10, start: -20, end: () => 5, minAge: 0, lookback: 0,
  partitions: source.partitions(() => ['--a b', '$(touch owned)']),
  async *read({ from, to }) { for (let id = from; id < to; id++) yield [{ id }] },
})]))`,
    )
    const other = project.write('other.json', '{}')
    const flags = ['--config', other, '--destination', 'elsewhere.db']
    const { tasks }: { tasks: readonly Task[] } = json(await project.run(['plan', '--json', ...flags]))
    expect(tasks.map(({ partition, from, to }) => [partition, from, to])).toEqual([
      ['--a b', '0', '5'],
      ['$(touch owned)', '0', '5'],
      ['--a b', '-10', '0'],
      ['$(touch owned)', '-10', '0'],
      ['--a b', '-20', '-10'],
      ['$(touch owned)', '-20', '-10'],
    ])
    for (const { args } of tasks) {
      expect(args.slice(0, 4)).toEqual(flags)
      const done = await project.run([...args, '--json'])
      expect(done.code, done.stderr).toBe(0)
    }
    const status = json(await project.run(['status', '--json', ...flags]))
    expect(status.tables).toMatchObject([{ status: 'complete', partitions: 2 }])
    const { rows } = json(await project.run(['query', 'select count(*) as n from "evil_it\'s"', '--json', ...flags]))
    expect(rows).toEqual([{ n: 50 }])
  })
})
