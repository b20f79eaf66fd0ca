import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { SyncError } from '@tidemark/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { examine, exposureOf, isThere, openDestination, openReader, placeOf } from '../src/index.ts'

const runner = { id: 'one', host: 'here', pid: 1, startedAt: 1n }

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'tidemark-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

async function synced(): Promise<string> {
  const path = join(folder(), 'x.duckdb')
  await (await openDestination({ url: path, runner })).close()
  return path
}

/** A statement of somebody who has the file while no destination is open. */
async function byHand(path: string, statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(statement)
  connection.closeSync()
  instance.closeSync()
}

const fails =
  (code: string, remedy: string, ...texts: readonly string[]) =>
  (error: unknown) =>
    SyncError.is(error) &&
    error.code === code &&
    error.remedy === remedy &&
    texts.every((text) => error.message.includes(text))

describe('an address', () => {
  it.each([
    ['duckdb:x.db', 'x.db'],
    ['DuckDB:/data/x', '/data/x'],
    ['x.duckdb', 'x.duckdb'],
    ['file:/data/x.duckdb', '/data/x.duckdb'],
    ['/data/X.DUCKDB', '/data/X.DUCKDB'],
  ])('%s is a DuckDB file', (address, path) => {
    expect(placeOf(address)).toEqual({ kind: 'duckdb', url: resolve(path), shown: resolve(path) })
  })

  it.each(['sqlite:x.duckdb', 'x.duckdb.db'])('%s is a SQLite file', (address) => {
    expect(placeOf(address).kind).toBe('sqlite')
  })
})

describe('a file', () => {
  it('and its log are their owner’s alone, whatever the umask, which is as before when it is closed', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const path = join(folder(), 'data/x.duckdb')
    const destination = await openDestination({ url: path, runner })
    await destination.startRun()
    for (const [name, mode] of [
      [path, 0o600],
      [`${path}.wal`, 0o600],
      [join(path, '..'), 0o700],
    ] as const)
      expect([name, statSync(name).mode & 0o777]).toEqual([name, mode])
    await destination.close()
    expect(process.umask()).toBe(0)
    expect(exposureOf(placeOf(path))).toEqual([])
    chmodSync(path, 0o644)
    expect(exposureOf(placeOf(path))).toEqual([expect.stringContaining(`chmod 600 ${path}`)])
  })

  it('is looked at without a change, and says which one it is', async () => {
    const path = await synced()
    const before = readFileSync(path)
    expect(await isThere(placeOf(path))).toBe(true)
    expect(await examine(placeOf(path))).toMatchObject({
      kind: 'duckdb',
      title: 'DuckDB',
      version: '1.5.6',
      problems: [],
    })
    const reader = await openReader({ url: path })
    const mark = await reader.mark()
    expect((await reader.state()).tables.size).toBe(0)
    expect(readFileSync(path).equals(before)).toBe(true)
    // Nothing holds it by now.
    const destination = await openDestination({ url: path, runner, busyMs: 0 })
    await destination.startRun()
    expect(await reader.mark()).not.toBe(mark)
    await destination.close()
    await reader.close()
  })

  it('that is not there is named, and not made', async () => {
    const path = join(folder(), 'x.duckdb')
    expect(await isThere(placeOf(path))).toBe(false)
    await expect(openReader({ url: path })).rejects.toSatisfy(fails('destination-missing', 'fix-config', path))
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('that is no database, or is damaged, is named', async () => {
    const foreign = join(folder(), 'x.duckdb')
    writeFileSync(foreign, 'hello, this is no database at all, but text that is long enough. '.repeat(500))
    const sqlite = join(folder(), 'y.duckdb')
    writeFileSync(sqlite, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176)]))
    const damaged = await synced()
    const bytes = readFileSync(damaged)
    bytes.fill(7, 12_400, 20_000)
    writeFileSync(damaged, bytes)
    for (const path of [foreign, sqlite, damaged])
      await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
        fails('destination-corrupt', 'fix-config', path, 'not a DuckDB database or is damaged'),
      )
  })

  it('that cannot be made is named', async () => {
    const inside = join(folder(), 'file')
    writeFileSync(inside, '')
    const path = join(inside, 'x.duckdb')
    await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
      fails('destination-unavailable', 'fix-config', path),
    )
  })

  it('of a newer Tidemark is refused, and left alone', async () => {
    const path = await synced()
    await byHand(path, 'update _tidemark_meta set version = 99')
    for (const open of [() => openDestination({ url: path, runner }), () => openReader({ url: path })])
      await expect(open()).rejects.toSatisfy(fails('destination-newer', 'upgrade', '99', path))
  })
})

it('without its driver DuckDB says which package is missing', () => {
  const place = folder()
  const modules = join(import.meta.dirname, '../node_modules')
  cpSync(join(import.meta.dirname, '../dist'), join(place, 'dist'), { recursive: true })
  mkdirSync(join(place, 'node_modules/@tidemark'), { recursive: true })
  for (const name of ['kysely', 'pg', 'pg-copy-streams', 'zod', '@tidemark/core'])
    symlinkSync(join(modules, name), join(place, 'node_modules', name))
  const script = `import { openDestination } from './dist/index.js'
    await openDestination({ url: 'x.duckdb', runner: {} }).catch(({ code, message }) => console.log(code, message))`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: place,
    // Package managers name folders of modules there.
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  })
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  const wanted = JSON.parse(manifest).peerDependencies['@duckdb/node-api']
  expect(said).toMatch(/^destination-unavailable .*\(Cannot find module '@duckdb\/node-api'\)/)
  expect(said.trim().endsWith(`pnpm add @duckdb/node-api@${wanted}`), said).toBe(true)
})

describe('a table that was changed by a process that died', () => {
  const INDEX = 'create unique index mine on t (note)'
  const COLUMN = "alter table t add column own varchar default 'x'"
  const ADDED = [
    ['note', 'double'],
    ['more', 'text'],
  ]
  const FILLED = [
    ['note', 'double'],
    ['more', 'text', 'f'],
  ]
  const WIDER = [['note', 'text']]

  it.each([
    ['a column was added', [], ADDED, [9.5, 2.5]],
    ['a column was filled, beside an index and a column of a user', [INDEX, COLUMN], FILLED, [9.5, 2.5]],
    ['a column became wider', [], WIDER, ['9.5', '2.5']],
    ['a column became wider, and all before is in the file', [INDEX, COLUMN, 'checkpoint'], WIDER, ['9.5', '2.5']],
  ] as const)('is as it was committed: %s', async (_what, by, to, notes) => {
    const path = join(folder(), 'x.duckdb')
    const child = spawnSync(process.execPath, [
      join(import.meta.dirname, 'duckdb-child.ts'),
      path,
      JSON.stringify({ by, to }),
    ])
    expect([child.signal, String(child.stderr)]).toEqual(['SIGKILL', ''])
    const destination = await openDestination({ url: path, runner })
    expect((await destination.query('select note from t order by id')).rows.flat()).toEqual(notes)
    await destination.close()
  })

  it('is not changed beside a column of a user whose default is computed: the log could not be read again', () => {
    const path = join(folder(), 'x.duckdb')
    const by = ['alter table t add column own timestamptz default now()']
    const words = [join(import.meta.dirname, 'duckdb-child.ts'), path, JSON.stringify({ by, to: ADDED })]
    const { signal, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    expect(signal).toBeNull()
    expect(stderr).toContain('your column "own" has a computed default')
    expect(stderr).toContain("code: 'table-changed'")
  })
})
