import { setTimeout as wait } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reference, type TestProject, testProject } from './test-project.ts'

/** Ten windows of one row; one of them waits, the fourth unless told otherwise: for ever, until it is told to stop, or for some milliseconds. */
function slow(
  waits: 'for ever' | 'until stopped' | number,
  { destination, waitsIn = 4 }: { readonly destination?: string | undefined; readonly waitsIn?: number } = {},
): TestProject {
  const project = testProject()
  project.install(
    'slow',
    `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'slow' })
let windows = 0
const t = source.table({
  name: 't',
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: '2026-01-01T00:00:00Z',
  end: () => '2026-01-11T00:00:00Z',
  async *read({ from, signal }) {
    const id = ++windows
    yield [{ id, at: from }]
    if (id !== ${waitsIn}) return
    console.log('waiting')
    const waits = ${JSON.stringify(waits)}
    for (let quarter = 0; typeof waits === 'number' && quarter < 4; quarter++) {
      await new Promise((resolve) => setTimeout(resolve, waits / 4))
      yield []
    }
    if (typeof waits === 'number') return
    await new Promise((resolve, reject) => {
      setInterval(() => {}, 1000)
      if (waits === 'until stopped') signal.addEventListener('abort', () => reject(signal.reason))
    })
  },
})
export default register(source.with([t]))`,
  )
  project.config({ concurrency: 1, ...(destination === undefined ? {} : { destination }) })
  return project
}

interface Run {
  readonly run: number
  readonly state: string
  readonly ended_by: string | null
  readonly exit_code: number | null
  readonly started_at: string
  readonly ended_at: string | null
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe.each(['sqlite', 'postgres'] as const)('what ended a run, on %s', (database) => {
  async function place(waits: Parameters<typeof slow>[0], waitsIn = 4) {
    const environment = database === 'sqlite' ? {} : { DATABASE: (await server.newSchema()).url }
    const destination = database === 'sqlite' ? undefined : reference('DATABASE')
    const project = slow(waits, { destination, waitsIn })
    const run = (args: readonly string[]) => project.run(args, environment)
    return {
      start: (args: readonly string[]) => project.start(args, environment),
      run,
      runs: async () => (JSON.parse((await run(['runs', '--json'])).stdout) as { runs: Run[] }).runs,
      text: async () => (await run(['runs'])).stdout,
      view: async () =>
        JSON.parse(
          (
            await run([
              'query',
              '--json',
              'select run, state, exit_code, ended_by, ended_at from tidemark_runs order by run',
            ])
          ).stdout,
        ).rows as { state: string; exit_code: number | null; ended_by: string | null; ended_at: string | null }[],
    }
  }
  const length = ({ started_at, ended_at }: Run): number => Date.parse(ended_at ?? '') - Date.parse(started_at)

  it.each([
    ['SIGINT', 'interrupted', 130],
    ['SIGTERM', 'terminated', 143],
  ] as const)('one %s: %s, with exit code %i', async (signal, word, code) => {
    const { start, runs, text, view, run } = await place('until stopped')
    const running = start(['sync', '--json'])
    await running.says('waiting')
    running.child.kill(signal)
    const outcome = await running.ended
    expect(outcome.code).toBe(code)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ exit_code: code, interrupted: true, ended_by: signal })
    expect(await runs()).toMatchObject([{ run: 1, state: 'ended', ended_by: word, exit_code: code }])
    expect(await text()).toMatch(new RegExp(`^ +1 .* ${word}, exit ${code} `, 'm'))
    expect((await run(['runs', '1'])).stdout).toMatch(new RegExp(`took .*: ${word}, exit ${code}\\.`))
    expect(await view()).toMatchObject([{ state: 'ended', exit_code: code, ended_by: word }])
  })

  it.each([
    ['SIGINT', 'interrupted', 130],
    ['SIGTERM', 'terminated', 143],
  ] as const)('two %s: %s as well, though nothing could be ended', async (signal, word, code) => {
    const { start, runs, run, view } = await place('for ever')
    const running = start(['sync'])
    await running.says('waiting')
    running.child.kill(signal)
    await running.says('stopping')
    running.child.kill(signal)
    expect((await running.ended).code).toBe(code)
    const after = await runs()
    expect(after).toMatchObject([{ run: 1, state: 'ended', ended_by: word, exit_code: code }])
    expect(length(after[0]!)).toBeLessThan(30_000)
    expect(JSON.parse((await run(['status', '--json'])).stdout).running).toEqual([])
    // Also when the next one has put its record in order.
    await run(['sync', '--max-time', '1ms'])
    expect((await runs()).at(-1)).toMatchObject({ run: 1, state: 'ended', ended_by: word, exit_code: code })
    expect((await view())[0]).toMatchObject({ state: 'ended', exit_code: code, ended_by: word })
  })

  it('SIGKILL: crashed, at once where the process can be looked for, and it took as long as it lived', async () => {
    const { start, runs, text, run, view } = await place('for ever')
    const startedAt = Date.now()
    const running = start(['sync'])
    await running.says('waiting')
    await wait(1500)
    running.child.kill('SIGKILL')
    await running.ended
    const livedMs = Date.now() - startedAt
    expect(await runs()).toMatchObject([{ run: 1, state: 'crashed', ended_by: 'crashed', exit_code: null }])
    expect(await text()).toMatch(/^ +1 .* crashed /m)
    expect(JSON.parse((await run(['status', '--json'])).stdout).running).toEqual([])
    await wait(3000)
    await run(['sync', '--max-time', '1ms'])
    const [, first] = await runs()
    expect(first).toMatchObject({ run: 1, state: 'crashed', ended_by: 'crashed', exit_code: null })
    expect(length(first!)).toBeGreaterThan(0)
    expect(length(first!)).toBeLessThanOrEqual(livedMs)
    expect((await run(['runs', '1'])).stdout).toMatch(/took .*: crashed\./)
    expect((await view())[0]).toMatchObject({ state: 'crashed', exit_code: null, ended_by: 'crashed' })
  })

  it('--max-time: time limit, with exit code 0, and the history that is left is said', async () => {
    const { run, runs, view } = await place(1200)
    const { code, stdout } = await run(['sync', '--max-time', '1s'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/windows left for the next run, in .* \(time limit\)/)
    expect((await run(['status'])).stdout).toMatch(/^Not every table is complete yet: of 1, 1 not fully synced\.$/m)
    expect(await runs()).toMatchObject([{ state: 'ended', ended_by: 'time limit', exit_code: 0 }])
    expect((await view())[0]).toMatchObject({ state: 'ended', exit_code: 0, ended_by: 'time limit' })
    await run(['sync', '--max-time', '10m'])
    expect((await runs())[0]).toMatchObject({ run: 2, ended_by: null, exit_code: 0 })
  })

  it('--max-time while a source is silent: time limit, and the window that was given up failed', async () => {
    // In the first window, and with time to get there: a run that is stopped before has given up nothing.
    const { run, runs } = await place('for ever', 1)
    const { code } = await run(['sync', '--max-time', '5s'])
    expect(code).toBe(3)
    expect(await runs()).toMatchObject([{ state: 'ended', ended_by: 'time limit', exit_code: 3 }])
  })
})
