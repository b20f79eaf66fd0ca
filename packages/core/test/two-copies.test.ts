import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CORE, provide, scratch } from './built.ts'

// A project can hold core twice, and zod too: a linked source brings its own. They must still meet.
type Core = typeof import('../src/index.ts') & typeof import('../src/engine.ts')
type Zod = typeof import('zod')

let folder: Awaited<ReturnType<typeof scratch>>
let ours: Core
let theirs: Core
let zod: Zod

beforeAll(async () => {
  folder = await scratch()
  await provide(folder.path, 'installed')
  const other = join(folder.path, 'node_modules', 'other', 'node_modules')
  await cp(join(CORE, 'dist'), join(other, '@tidemark', 'core', 'dist'), { recursive: true })
  await cp(join(CORE, 'package.json'), join(other, '@tidemark', 'core', 'package.json'))
  await copyZod(join(other, 'zod'))
  ours = await load(join(folder.path, 'node_modules', '@tidemark', 'core'))
  theirs = await load(join(other, '@tidemark', 'core'))
  zod = (await import(pathToFileURL(join(other, 'zod', 'index.js')).href)) as Zod
})
afterAll(() => folder[Symbol.asyncDispose]())

async function load(core: string): Promise<Core> {
  const [index, engine] = await Promise.all(
    ['index.js', 'engine.js'].map((file) => import(pathToFileURL(join(core, 'dist', file)).href)),
  )
  return { ...index, ...engine }
}

/** Only what `import 'zod'` needs. */
async function copyZod(to: string): Promise<void> {
  const from = dirname(createRequire(join(CORE, 'package.json')).resolve('zod/package.json'))
  await mkdir(to, { recursive: true })
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as object
  await writeFile(join(to, 'package.json'), JSON.stringify({ ...manifest, type: 'module' }))
  await cp(join(from, 'index.js'), join(to, 'index.js'))
  await cp(join(from, 'v4'), join(to, 'v4'), { recursive: true, filter: (path) => !/\.(?:cjs|cts|ts|map)$/.test(path) })
}

describe('two copies of core in one process', () => {
  it('are two', () => {
    expect(theirs.defineSource).not.toBe(ours.defineSource)
    expect(theirs.SyncError).not.toBe(ours.SyncError)
    expect(new theirs.SyncError('x', 'retry')).not.toBeInstanceOf(ours.SyncError)
  })

  it('share one register', () => {
    const source = theirs.register(theirs.defineSource({ name: 'theirs' }).with([]))
    expect(ours.registered()).toBe(theirs.registered())
    expect(ours.registered().get('theirs')).toBe(source)
    ours.registered().delete('theirs')
  })

  it('know each other’s sources, errors and deletions', () => {
    expect(ours.isSource(theirs.defineSource({ name: 'theirs' }).with([]))).toBe(true)
    expect(ours.SyncError.is(new theirs.SyncError('x', 'upgrade'))).toBe(true)
    expect(ours.isDeleted(theirs.deleted([{ id: 1 }]))).toBe(true)
    expect(ours.messageOf(new theirs.SyncError('x', 'upgrade'))).toBe('x')
  })

  it('read each other’s schemas, also those of another zod', () => {
    const { z } = zod
    const row = z.object({
      id: z.int(),
      price: theirs.numeric(),
      raw: theirs.bytes().nullable(),
      at: theirs.unixSeconds(),
      seen: z.iso.datetime({ local: true }).optional(),
      found: theirs.rowOf([{ name: 'it', type: 'date' }]).shape['it']!,
    })
    const described = ours.columnsOf(row).map(({ name, type }) => [name, type])
    expect(described).toEqual([
      ['id', 'integer'],
      ['price', 'numeric'],
      ['raw', 'bytes'],
      ['at', 'timestamp'],
      ['seen', 'local_timestamp'],
      ['found', 'date'],
    ])
    const draft = ours.defineSource({ name: 'ours' })
    expect(draft.table({ name: 'mixed', row, primaryKey: ['id'], cursor: 'at', async *read() {} })).toMatchObject({
      cursor: { column: 'at', type: 'timestamp' },
    })
    expect(ours.isLoose(z.looseObject({}))).toBe(true)
    expect(ours.isWhole(z.strictObject({}))).toBe(true)
    expect(theirs.secret()._zod.def).toMatchObject({ format: 'secret' })
  })

  it('measure each other’s durations', () => {
    const draft = ours.defineSource({ name: 'ours' })
    const row = zod.z.object({ at: zod.z.iso.datetime() })
    const table = draft.table({ name: 'timed', row, cursor: 'at', window: theirs.days(1), async *read() {} })
    expect(table.window).toBe(86_400_000_000n)
  })
})
