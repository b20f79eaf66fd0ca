import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { STATE_VERSION } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { countChanges, listChanges, listRuns, openReader, sampleRows } from '../src/index.ts'
import { open, prepare } from './place.ts'
import { onPostgres } from './postgres-place.ts'

const place = onPostgres()

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-reader-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'some.db')
}

describe.each(['sqlite', 'postgres'] as const)('a reader on %s', (database) => {
  const urlOf = { sqlite: async () => file(), postgres: async () => (await place()).url }

  it('sees what a destination holds, and has another mark after each change of the state', async () => {
    const url = await urlOf[database]()
    const { destination, lease, write } = await prepare(await open(url))
    const reader = await openReader({ url })
    onTestFinished(() => reader.close())
    const marks = [await reader.mark()]
    expect(await reader.mark()).toBe(marks[0])
    const changed = async (change: Promise<unknown>): Promise<void> => {
      await change
      marks.push(await reader.mark())
    }
    await changed(write([{ id: 1, note: 'x'.repeat(500) }]))
    await changed(write([{ id: 1, note: null }]))
    await changed(destination.record(lease, [{ kind: 'table', status: 'paused', pausedFor: 'a reason' }]))
    await changed(destination.startRun())
    await changed(destination.recordRun(1, [{ kind: 'ended', exitCode: 0, error: undefined }]))
    await changed(destination.recordRun(2, [{ kind: 'removed', table: 'things' }]))
    expect(new Set(marks).size).toBe(7)

    const state = await reader.state()
    expect(state).toEqual(await destination.state())
    expect(await listRuns(reader)).toEqual(await listRuns(destination))
    const columns = state.tables.get('things')!.schema!.columns
    expect(await sampleRows(reader, { table: 'things', columns, limit: 5 })).toEqual([[1, null]])
  })

  it('cuts what is long in the rows that it shows', async () => {
    const url = await urlOf[database]()
    const { destination, write } = await prepare(await open(url))
    await write([{ id: 1, note: 'é'.repeat(5000) }])
    const { columns } = (await destination.state()).tables.get('things')!.schema!
    const [row] = await sampleRows(destination, { table: 'things', columns, limit: 5, newest: true })
    expect(row).toEqual([1, 'é'.repeat(301)])
  })

  it('finds the rows with a text, whatever letters it has, among so many rows and no more', async () => {
    const { destination, write } = await prepare(await open(await urlOf[database]()))
    await write([
      { id: 1, note: 'A 100% match' },
      { id: 2, note: "it's b!b_c" },
      { id: 3, note: null },
    ])
    const { columns } = (await destination.state()).tables.get('things')!.schema!
    const find = async (text: string, among = 10, searched = columns): Promise<readonly unknown[]> => {
      const search = { text, columns: searched, among }
      return (await sampleRows(destination, { table: 'things', columns, limit: 5, newest: true, search })).map(([id]) =>
        Number(id),
      )
    }
    expect(await find('100%')).toEqual([1])
    expect(await find('a 100')).toEqual([1])
    expect(await find("IT'S B!B_")).toEqual([2])
    expect(await find('%')).toEqual([1])
    expect(await find('_')).toEqual([2])
    expect(await find('3')).toEqual([3])
    expect(await find('3', 10, columns.slice(1))).toEqual([])
    expect(await find('3', 0)).toEqual([])
  })

  it('lists changes from one on, decisions among them, and counts only those of the shape', async () => {
    const { destination, lease } = await prepare(await open(await urlOf[database]()))
    await destination.record(lease, [
      { kind: 'table', status: 'paused', pausedFor: 'paused by ann' },
      { kind: 'decision', text: 'paused by ann' },
      { kind: 'decision', text: 'resumed by ann' },
    ])
    const all = await listChanges(destination)
    expect(all.map(({ change }) => change)).toEqual(['resumed by ann', 'paused by ann', 'table created'])
    expect(await listChanges(destination, { before: all[0]!.id, limit: 1 })).toEqual([all[1]])
    expect(await countChanges(destination)).toEqual(new Map())
  })

  it('cannot write', async () => {
    const url = await urlOf[database]()
    await prepare(await open(url))
    const reader = await openReader({ url })
    onTestFinished(() => reader.close())
    for (const statement of [
      'delete from _tidemark_tables',
      'with d as (delete from things returning 1) select * from d',
    ])
      await expect(reader.query(statement)).rejects.toMatchObject({ code: 'query' })
  })

  it('refuses what is not there, and makes nothing', async () => {
    const url = await urlOf[database]()
    await expect(openReader({ url })).rejects.toMatchObject({ code: 'destination-missing' })
    if (database === 'sqlite') expect(existsSync(url)).toBe(false)
    else expect(await tablesOf(url)).toEqual([])
  })

  async function tablesOf(url: string): Promise<readonly unknown[]> {
    const { rows } = await place()
    const schema = new URL(url).searchParams.get('schema')
    return await rows('select * from pg_tables where schemaname = $1', [schema])
  }
})

it('a reader reads a state of version 4, which knows of no key ranges, no leases of windows and no feeds, and a sync migrates it', async () => {
  const url = file()
  const { destination, write } = await prepare(await open(url))
  await write([{ id: 1, note: 'x' }])
  await destination.close()
  const database = new DatabaseSync(url)
  database.exec(`drop table _tidemark_refreshed_ranges; drop table _tidemark_window_leases; drop table _tidemark_feeds; drop table _tidemark_chunks;
    alter table _tidemark_tables drop column feed; alter table _tidemark_tables drop column since_seq;
    alter table _tidemark_tables drop column epoch_seq; alter table _tidemark_tables drop column backfilled_seq;
    alter table _tidemark_tables drop column has_missing;
    update _tidemark_meta set version = 4`)
  database.close()
  const reader = await openReader({ url })
  expect((await reader.state()).tables.get('things')!.partitions.get('')).toMatchObject({ refreshed: [] })
  const { feeds, tables } = await reader.state()
  expect([feeds, tables.get('things')!.fed]).toEqual([undefined, undefined])
  for await (const chunk of reader.relocation.records('refreshed_ranges')) expect(chunk.records).toEqual([])
  expect((await reader.query('select version from _tidemark_meta')).rows).toEqual([[4]])
  const mark = await reader.mark()
  const migrated = await open(url)
  expect(await reader.mark()).not.toBe(mark)
  await reader.close()
  onTestFinished(() => migrated.close())
  expect((await migrated.query('select version from _tidemark_meta')).rows).toEqual([[STATE_VERSION]])
  expect((await migrated.query('select count(*) from _tidemark_refreshed_ranges')).rows).toEqual([[0]])
  expect((await migrated.query('select count(*) from _tidemark_window_leases')).rows).toEqual([[0]])
  expect((await migrated.query('select count(*) from _tidemark_feeds')).rows).toEqual([[0]])
})

it('a reader of a file leaves it as it is, byte by byte', async () => {
  const url = file()
  const { destination } = await prepare(await open(url))
  await destination.close()
  const hash = (): string => createHash('sha256').update(readFileSync(url)).digest('hex')
  const before = hash()
  const reader = await openReader({ url })
  await reader.state()
  await reader.mark()
  await reader.close()
  expect(hash()).toBe(before)
})
