import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { blocksOf } from '../docs/blocks.ts'
import { missingIn, stepsOf } from '../docs/script.ts'
import { run } from '../walk/shell.ts'
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
afterAll(async () => {
  await server.stop()
  rmSync(base, { recursive: true, force: true })
})

/** A clone beside the folder, as the page takes for granted. */
async function makeProject(folder: string): Promise<void> {
  mkdirSync(join(folder, 'my-project'), { recursive: true })
  const author = ['-c', 'user.name=A. Reader', '-c', 'user.email=reader@example.com']
  for (const args of [
    ['init', '--quiet'],
    [...author, 'commit', '--quiet', '--allow-empty', '-m', 'first'],
  ])
    expect((await run('git', args, { cwd: join(folder, 'my-project') })).code).toBe(0)
}

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

describe.each<Manager>(['npm', 'pnpm'])('followed with %s', { timeout: 600_000 }, (manager) => {
  it('every command of the page does what the page says', async () => {
    const outside = new Outside(join(base, manager), manager, tarballs)
    await makeProject(outside.folder)
    // What belongs to a reader's machine: where the database is. And the packages are not yet published.
    const { url, schema } = await server.newSchema()
    const variables: Record<string, string> = {}
    let folder = '.'
    const follow = async (command: string): Promise<string> => {
      const [, changed] = /^cd (\S+)$/.exec(command) ?? []
      if (changed !== undefined) folder = join(folder, changed)
      const [, name] = /^export (\w+)='postgres:/.exec(command) ?? []
      if (name !== undefined) variables[name] = url
      if (changed !== undefined || name !== undefined) return ''
      const [, added] = /^npm install (.+)$/.exec(command) ?? []
      const done =
        added === undefined
          ? await outside.shell(folder, command, variables)
          : await outside.add(folder, added.split(' '))
      expect(done.code, `${command}\n${done.stdout}${done.stderr}`).toBe(0)
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
    expect(readFileSync(join(outside.folder, folder, 'database.d.ts'), 'utf8')).toContain('shop_orders: ShopOrders')
  })
})
