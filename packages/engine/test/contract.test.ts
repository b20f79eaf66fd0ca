import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Source } from '@tidemark/core'
import { adapted, CONTRACT, CONTRACTS } from '@tidemark/core/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import type { Report } from '../src/report/report.ts'
import { openMemory } from './system.ts'

// Sources made by other copies of core: one of today, one of the contract before, one of the contract to come.
type Core = typeof import('@tidemark/core')
const DIST = dirname(fileURLToPath(import.meta.resolve('@tidemark/core')))
const ZOD = realpathSync(join(import.meta.dirname, '../node_modules/zod'))
let folder: string
let zod: typeof import('zod')

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-contract-')))
  cpSync(ZOD, join(folder, 'node_modules/zod'), {
    recursive: true,
    filter: (path) => !/\.(?:c[jt]s|ts|map)$/.test(path),
  })
  zod = await load('node_modules/zod/index.js')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function load<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(folder, path)).href)) as T
}

let copies = 0

/** Core as it was built, with another number; each time another copy. */
async function coreOf(contract: number): Promise<Core> {
  const copy = `core-${++copies}`
  mkdirSync(join(folder, copy))
  writeFileSync(join(folder, copy, 'package.json'), '{ "type": "module" }')
  for (const name of readdirSync(DIST).filter((one) => one.endsWith('.js'))) {
    const code = readFileSync(join(DIST, name), 'utf8')
    const other = code
      .replace(/\bCONTRACT(_WITHOUT_FEEDS)? = \d+/g, `CONTRACT$1 = ${contract}`)
      .replace(/^\/\/# sourceMappingURL.*$/m, '')
    writeFileSync(join(folder, copy, name), other)
  }
  return load<Core>(`${copy}/index.js`)
}

async function sourceOf(contract: number, name: string): Promise<Source> {
  const { defineSource, deleted, seconds, SyncError } = await coreOf(contract)
  const { z } = zod
  let tries = 0
  const draft = defineSource({ name, connect: () => ({ closed: false }) })
  const things = draft.table({
    name: 'things',
    row: z.object({ id: z.int(), at: z.iso.datetime() }),
    primaryKey: ['id'],
    cursor: 'at',
    minAge: seconds(0),
    async *read() {
      if (tries++ === 0) throw new SyncError('busy', 'retry', { retryAfterMs: 1 })
      yield [1, 2, 3].map((id) => ({ id, at: `2026-01-0${id}T00:00:00Z` }))
      yield deleted([{ id: 2 }])
    },
  })
  return draft.with([things]) as Source
}

async function run(...given: readonly Source[]): Promise<{ report: Report; ids: readonly unknown[] }> {
  const destination = await openMemory()
  try {
    const sources = given.map((source) => ({ name: source.name, source, config: {}, options: {} }))
    const settings = { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 } }
    const report = await sync({ sources, destination, settings })
    const ids: unknown[] = []
    for (const { name } of report.tables) for await (const row of destination.read(name)) ids.push(row['id'])
    return { report, ids }
  } finally {
    await destination.close()
  }
}

describe('a source made by', () => {
  it('a second copy of core and of zod is read like any other: its rows, its deletions, its errors', async () => {
    const source = await sourceOf(CONTRACT, 'second')
    const { report, ids } = await run(source)
    expect(report.exitCode).toBe(0)
    expect(ids).toEqual([1n, 3n])
    expect(report.tables[0]).toMatchObject({ status: 'complete', failures: [] })
  })

  it('a newer contract is refused by name, with what to do; the others run', async () => {
    const newer = await sourceOf(CONTRACT + 1, 'newer')
    expect(newer.contract).toBe(CONTRACT + 1)
    const { report, ids } = await run(newer, await sourceOf(CONTRACT, 'present'))
    expect(ids).toEqual([1n, 3n])
    expect(report.sources.find(({ name }) => name === 'newer')?.failure).toMatchObject({
      remedy: 'upgrade',
      code: 'contract',
      message: `source "newer" was built for contract ${CONTRACT + 1} of Tidemark, but this version supports contract ${CONTRACTS.join(', ')}; install a newer version of Tidemark`,
    })
    expect(report.exitCode).toBe(3)
  })

  it('a newer contract loses nothing: what it had stays covered, and goes on when it fits again', async () => {
    const destination = await openMemory()
    const use = (source: Source) => [{ name: 'moved', source, config: {}, options: {} }]
    const settings = { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 } }
    const present = await sourceOf(CONTRACT, 'moved')
    await sync({ sources: use(present), destination, settings })
    const before = (await destination.state()).tables.get('moved_things')
    await sync({ sources: use({ ...present, contract: CONTRACT + 1 }), destination, settings })
    const between = (await destination.state()).tables.get('moved_things')
    expect(between).toMatchObject({ status: 'failing', everFilled: true, present: 'rows' })
    expect(between?.partitions.get('')?.covered).toEqual(before?.partitions.get('')?.covered)
    const report = await sync({ sources: use(present), destination, settings })
    expect(report.tables[0]?.status).toBe('complete')
    await destination.close()
  })

  it('an older contract that is no longer spoken asks for a newer version of the source', async () => {
    const { report } = await run(await sourceOf(CONTRACTS[0]! - 1, 'older'))
    expect(report.sources[0]?.failure).toMatchObject({
      remedy: 'upgrade',
      message: expect.stringContaining('install a newer version of the source'),
    })
  })

  it('an older contract that is spoken is led up to this one, step by step', async () => {
    const seen: number[] = []
    const step = (from: number) => (source: Source) => {
      seen.push(from)
      // What changed from one contract to the next: say, `tables` was called otherwise.
      const { older, ...rest } = source as Source & { older: Source['tables'] }
      return from === CONTRACT - 1 ? { ...rest, tables: older } : source
    }
    const adapters = { [CONTRACT - 1]: step(CONTRACT - 1), [CONTRACT - 2]: step(CONTRACT - 2) }
    const { tables, ...old } = await sourceOf(CONTRACT - 2, 'old')
    const given = Object.freeze({ ...old, older: tables }) as unknown as Source
    const source = adapted(given, adapters)
    expect(seen).toEqual([CONTRACT - 2, CONTRACT - 1])
    expect(source.contract).toBe(CONTRACT)
    expect(given.contract).toBe(CONTRACT - 2)
    expect((await run(source)).ids).toEqual([1n, 3n])
  })

  it.each([undefined, null, 'one', Number.NaN, 0.5, {}])('no contract (%s) is refused', (contract) => {
    const source = { name: 'odd', contract } as unknown as Source
    expect(() => adapted(source)).toThrow(/install a newer version of the source/)
  })
})
