import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@tidemark/postgres-server/free-port'
import { expect, it, onTestFinished } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

/** A source that notes when its table is read. */
const well = (name: string): string => `
import { appendFileSync } from 'node:fs'
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: '${name}', config: z.object({}) })
export default register(source.with([source.table({
  name: 't',
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  async *read() {
    appendFileSync('notes.txt', '${name} ' + Date.now() + '\\n')
    yield [{ id: 1 }]
  },
})]))`

/** A source that asks a server which accepts and never answers: when it connects, or for its rows. */
const mute = (name: string, port: number, where: 'connect' | 'read'): string => `
import { connect } from 'node:net'
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const ask = () => new Promise((resolve, reject) => connect(${port}, '127.0.0.1').on('data', resolve).on('error', reject))
const source = defineSource({ name: '${name}', config: z.object({}), connect: async () => { ${where === 'connect' ? 'await ask()' : ''} } })
export default register(source.with([source.table({
  name: 't',
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  async *read() {
    await ask()
    yield [{ id: 1 }]
  },
})]))`

async function muteServer(): Promise<number> {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

const readsOf = (project: TestProject, name: string): readonly number[] =>
  notes(project)
    .trim()
    .split('\n')
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => Number(line.split(' ')[1]))

function notes({ folder }: TestProject): string {
  const file = join(folder, 'notes.txt')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

async function until(holds: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it does not hold after ${limitMs} ms`)
    await wait(100)
  }
}

it('sources that never answer keep no other from its rhythm, and the page of health names them', async () => {
  const project = testProject()
  const port = await muteServer()
  project.install('one', well('one'))
  project.install('two', well('two'))
  project.install('deaf', mute('deaf', port, 'connect'))
  project.install('slow', mute('slow', port, 'read'))
  const listen = await freePort()
  const running = project.start(['sync', '--every', '2s', '--listen', String(listen)])
  onTestFinished(() => void running.child.kill('SIGKILL'))
  // A busy machine takes longer for the same; what hangs is asked once in all that time.
  await until(() => ['one', 'two'].every((name) => readsOf(project, name).length >= 6), 120_000)
  const health = (await (await fetch(`http://127.0.0.1:${listen}/healthz`)).json()) as {
    status: string
    busy: { source: string; since: string; heard_at: string }[]
  }
  expect(health.status).toBe('ok')
  const hung = health.busy.filter(({ source }) => source === 'deaf' || source === 'slow')
  expect(hung).toHaveLength(2)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(143)
  for (const { since, heard_at } of hung) {
    // Those beside them were read again and again while they were waited for.
    for (const name of ['one', 'two'])
      expect(readsOf(project, name).filter((at) => at > Date.parse(since)).length, name).toBeGreaterThanOrEqual(4)
    expect(Date.parse(heard_at) - Date.parse(since)).toBeLessThan(5000)
  }
})

it('one run ends in the time that it may take, whatever hangs', async () => {
  const project = testProject()
  const port = await muteServer()
  project.install('one', well('one'))
  project.install('deaf', mute('deaf', port, 'connect'))
  project.install('slow', mute('slow', port, 'read'))
  const startedAt = performance.now()
  const { code, stdout } = await project.run(['sync', '--max-time', '2s'])
  expect(code, stdout).toBe(3)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(stdout).toMatch(/deaf.*had not answered when the time limit of the run was reached/)
  expect(readsOf(project, 'one')).toHaveLength(1)
})

it('a second run takes the tables that are done, and others see what a first one still waits for, and since when', async () => {
  const project = testProject()
  project.install('one', well('one'))
  project.install('deaf', mute('deaf', await muteServer(), 'connect'))
  const listen = await freePort()
  const startedAt = Date.now()
  const first = project.start(['sync', '--every', '1h', '--listen', String(listen)])
  onTestFinished(() => void first.child.kill('SIGKILL'))
  await wait(12_500)
  const second = await project.run(['sync', 'one'])
  expect(second.code, second.stdout + second.stderr).toBe(0)
  expect(readsOf(project, 'one')).toHaveLength(2)
  await wait(startedAt + 34_000 - Date.now())
  const { stdout: text } = await project.run(['status'])
  expect(text).toMatch(/Not every table is up to date: deaf does not answer\./)
  expect(text).toMatch(
    /^silent: source deaf: it was asked for a connection at \S+Z and had not answered 30 s later .*: npx tidemark check; see /m,
  )
  const { failing_sources: silent } = JSON.parse((await project.run(['status', '--json'])).stdout) as Silent
  expect(silent).toMatchObject([{ name: 'deaf', error_code: 'no-answer-yet', failures: 0 }])
  const [, askedAt] = /at (\S+Z)/.exec(silent[0]!.last_error)!
  expect(Math.abs(Date.parse(askedAt!) - startedAt)).toBeLessThan(5000)
  const health = (await (await fetch(`http://127.0.0.1:${listen}/healthz`)).json()) as {
    busy: { source: string; waits_for: { what: string; asked_at: string } | null }[]
  }
  expect(health.busy).toMatchObject([{ source: 'deaf', waits_for: { what: 'a connection' } }])
})

interface Silent {
  readonly failing_sources: readonly { readonly last_error: string }[]
}
