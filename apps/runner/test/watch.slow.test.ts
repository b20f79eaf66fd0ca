import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pacedSource } from './paced-source.ts'
import { inTerminal } from './pty.ts'
import { testProject } from './test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe.each(['sqlite', 'postgres'] as const)('status --watch over %s', (kind) => {
  it('redraws while another process syncs, and Ctrl-C leaves it standing', async () => {
    const project = testProject()
    project.install('shop', pacedSource({ orders: 4000, users: 20 }, '', 'now'))
    const environment = kind === 'postgres' ? { DATABASE_URL: (await server.newSchema()).url } : {}
    const watch = inTerminal(['status', '--watch'], { cwd: project.folder, columns: 120, environment })
    await watch.until(
      (lines) => lines.some((line) => /There is no database yet|There are no tracked tables/.test(line)),
      'said that there is nothing',
    )
    const running = project.start(['sync'], environment)
    const row = (lines: readonly string[]): string => lines.find((line) => line.startsWith('shop_orders ')) ?? ''
    const full = (lines: readonly string[]): number => row(lines).match(/█/g)?.length ?? 0
    const first = await watch.until(
      (lines) => /backfilling, reading/.test(row(lines)) && full(lines) >= 2,
      'showed a step that is being read',
    )
    expect(first.join('\n')).toMatch(/\d+ windows? being read now/)
    const seen = full(first)
    await watch.until((lines) => full(lines) > seen, 'showed more coverage')
    running.child.kill('SIGTERM')
    await running.ended
    watch.type('\u0003')
    expect(await watch.ended).toEqual({ code: 130 })
    expect(watch.isCursorShown()).toBe(true)
    const end = await watch.lines()
    expect(end.filter((line) => line.startsWith('shop_orders '))).toHaveLength(1)
  })
})

it('--watch --json is refused, with the way out', async () => {
  const { code, stdout, stderr } = await testProject().run(['status', '--watch', '--json'])
  expect(code).toBe(2)
  expect(stderr).toContain('call status --json as often as you need it')
  expect(JSON.parse(stdout)).toMatchObject({ exit_code: 2 })
})
