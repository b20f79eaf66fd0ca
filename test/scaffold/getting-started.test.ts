import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { blocksOf } from '../docs/blocks.ts'
import { missingIn, stepsOf } from '../docs/script.ts'
import type { Done } from '../walk/shell.ts'
import { type Manager, Outside } from './packed.ts'

// The page is followed word by word, in an empty folder, with the packages as they are published.
const repository = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = 'docs/getting-started.md'
const steps = stepsOf(blocksOf(PAGE, readFileSync(join(repository, PAGE), 'utf8')))
let base: string
let tarballs: ReadonlyMap<string, string>
let server: PostgresServer

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-start-')))
  tarballs = new Map(inject('tarballs'))
  server = await startPostgres()
})
afterEach(() => {
  for (const program of running.splice(0)) program.kill()
})
afterAll(async () => {
  await server.stop()
  rmSync(base, { recursive: true, force: true })
})

it('has steps for a reader to follow', () => {
  expect(steps.filter((step) => 'file' in step).map((step) => 'file' in step && step.file)).toContain(
    'tidemark.config.ts',
  )
  expect(steps.filter((step) => 'commands' in step && step.prints.length > 0).length).toBeGreaterThan(1)
})

it('what is not printed is found', () => {
  expect(missingIn('id  n\n 1  2\n', ['id n', '1   2'])).toEqual([])
  expect(missingIn('id  n\n 1  2\n', ['id n', '1   3'])).toEqual(['1   3'])
})

/** What a command of the page does with packages that are not yet published, and without anybody who presses Ctrl-C. */
async function doneBy(
  outside: Outside,
  folder: string,
  command: string,
  variables: Readonly<Record<string, string>>,
): Promise<Done> {
  const [, created] = /^npm create tidemark@latest (.+)$/.exec(command) ?? []
  const creator = `--package=file:${tarballs.get('create-tidemark')}`
  if (created !== undefined)
    return outside.run(folder, 'npx', '--yes', creator, 'create-tidemark', ...created.split(' '))
  const [, added] = /^npm install (.+)$/.exec(command) ?? []
  if (added !== undefined) return outside.add(folder, added.split(' '))
  if (command === 'npm install') {
    outside.fromTarballs(folder)
    return outside.manage(folder, 'install')
  }
  const forever = /^npx (tidemark sync --every .+)$/.exec(command)?.[1]
  const line =
    forever === undefined ? command : `timeout --preserve-status --signal=INT 20 node_modules/.bin/${forever}`
  return outside.shell(folder, line, variables)
}

const running: ChildProcess[] = []

/** Starts a program in the background, until the tests have ended, and waits until it answers. */
async function startProgram(folder: string, program: string): Promise<void> {
  running.push(spawn(process.execPath, [program], { cwd: folder, stdio: 'ignore' }))
  const address = /listen\((\d+), '([\d.]+)'\)/.exec(readFileSync(join(folder, program), 'utf8'))
  expect(address).not.toBeNull()
  await expect
    .poll(() =>
      fetch(`http://${address![2]}:${address![1]}`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true)
}

describe.each<Manager>(['npm', 'pnpm'])('followed with %s', { timeout: 600_000 }, (manager) => {
  it('every command of the page does what the page says', async () => {
    const outside = new Outside(join(base, manager), manager, tarballs)
    // What belongs to a reader's machine: where the database is. And the packages are not yet published.
    const { url, schema } = await server.newSchema()
    const variables: Record<string, string> = {}
    let folder = '.'
    const follow = async (command: string): Promise<string> => {
      const [, changed] = /^cd (\S+)$/.exec(command) ?? []
      if (changed !== undefined) folder = join(folder, changed)
      const [, name] = /^export (\w+)='postgres:/.exec(command) ?? []
      if (name !== undefined) variables[name] = url
      const [, program] = /^node (\S+) &$/.exec(command) ?? []
      if (program !== undefined) await startProgram(join(outside.folder, folder), program)
      if (changed !== undefined || name !== undefined || program !== undefined) return ''
      const done = await doneBy(outside, folder, command, variables)
      // What runs until Ctrl-C ends as that does.
      const code = command.includes('--every') ? 130 : 0
      expect(done.code, `${command}\n${done.stdout}${done.stderr}`).toBe(code)
      return done.stdout
    }
    for (const step of steps) {
      if ('file' in step) {
        writeFileSync(join(outside.folder, folder, step.file), step.text)
        continue
      }
      const printed: string[] = []
      for (const command of step.commands) printed.push(await follow(command))
      expect(missingIn(printed.join('\n'), step.prints), `${step.at}\n${printed.join('\n')}`).toEqual([])
    }
    expect(await server.rows(`select count(*) from "${schema}".shop_orders`)).toEqual([['4']])
    expect(await server.rows(`select count(*) from "${schema}".tracker_issues`)).toEqual([['5']])
    expect(readFileSync(join(outside.folder, folder, 'database.d.ts'), 'utf8')).toContain('shop_orders: ShopOrders')
  })
})
