import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineSource, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { EXIT } from '../src/report/report.ts'
import { instant, openMemory, rowsIn, run, type Spec, System, sorted } from './system.ts'

const FAST = { attempts: 2, firstDelayMs: 1, maxDelayMs: 2 }

describe('a source that breaks in its own way', () => {
  const row = z.object({ id: z.int() })
  const broken: readonly (readonly [string, () => unknown, string])[] = [
    [
      'throws after some rows',
      async function* () {
        yield [{ id: 1 }]
        throw new Error('broken pipe in my head')
      },
      'broken pipe in my head',
    ],
    [
      'throws at once',
      () => {
        throw new Error('not even a generator')
      },
      'not even a generator',
    ],
    ['gives a promise that rejects', () => Promise.reject(new Error('too late')), 'read'],
    ['gives nothing', () => undefined, 'read'],
    ['gives a list that is no iterator of pages', () => [[{ id: 1 }]], 'read'],
    [
      'yields what is no page',
      async function* () {
        yield { id: 1 }
      },
      'a page is an array of rows',
    ],
    [
      'throws nothing that has a text',
      async function* () {
        yield [{ id: 1 }]
        throw Object.create(null)
      },
      'a value without a message was thrown',
    ],
  ]

  it.each(broken)('%s: its table is left as it was, and the others go on', async (_, read, message) => {
    const source = defineSource({ name: 'two' })
    const tables = [
      source.table({
        name: 'good',
        row,
        primaryKey: ['id'],
        async *read() {
          yield [{ id: 1 }, { id: 2 }]
        },
      }),
      source.table({ name: 'bad', row, primaryKey: ['id'], read: read as never }),
    ]
    const destination = await openMemory()
    const sources = [{ name: 'two', source: source.with(tables), config: {}, options: {} }]
    const report = await sync({ sources, destination, settings: { retry: FAST } })
    expect(report.exitCode).toBe(EXIT.someFailed)
    const [good, bad] = report.tables
    expect(good).toMatchObject({ status: 'complete', rows: { written: 2 } })
    expect(bad?.failures[0]?.failure.message).toContain(message)
    expect(bad?.failures[0]?.failure.remedy).toBe('fix-source')
    expect((await destination.query('select count(*) from two_bad')).rows).toEqual([[0]])
  })
})

describe('a failure that may pass', () => {
  it.each([
    ['that passes', 2],
    ['that does not', 1000],
  ])('is never turned into a reject, also one %s', async (_, times) => {
    const system = new System()
    system.now = 2000
    for (let id = 0; id < 20; id++) system.put({ id, at: 1000 + id, text: 'x' })
    let failures = 0
    system.beforePage = (page) => {
      if (page === 2 && failures++ < times) throw new SyncError('503 from the system', 'retry')
    }
    const destination = await openMemory()
    const report = await run({ system, destination, options: { settings: { retry: { ...FAST, attempts: 4 } } } })
    expect((await destination.query('select count(*) from _tidemark_rejects')).rows).toEqual([[0]])
    expect(report.exitCode).toBe(times === 2 ? 0 : 3)
    system.beforePage = () => {}
    expect((await run({ system, destination })).exitCode).toBe(0)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

describe('a state without its rows', () => {
  const spec: Spec = { start: instant(0) }
  const system = new System()
  system.now = 2000
  system.put({ id: 1, at: 1000, text: 'x' })

  it.each([
    ['dropped by hand', 'drop table memory_events', 'is missing, although it was filled'],
    ['emptied by hand', 'delete from memory_events', 'is empty, although it was filled'],
  ])('is noticed where the table was %s, and nothing is read until someone decides', async (_, statement, why) => {
    const { destination, execute, close } = await openFile()
    await run({ system, destination, spec })
    execute(statement)
    const report = await run({ system, destination, spec })
    expect(report.tables[0]?.pausedFor).toContain(why)
    expect(report.exitCode).toBe(EXIT.destination)
    close()
  })

  it('is noticed where it was brought into a new database alone', async () => {
    const old = await openFile()
    await run({ system, destination: old.destination, spec })
    const fresh = await openFile()
    for (const name of STATE) {
      fresh.execute(
        `attach '${old.path}' as old; delete from ${name}; insert into ${name} select * from old.${name}; detach old`,
      )
    }
    system.asked = []
    const report = await run({ system, destination: fresh.destination, spec })
    expect(report.tables[0]?.pausedFor).toContain('its table in the destination is missing, although it was filled')
    expect(system.asked).toEqual([])
    old.close()
    fresh.close()
  })
})

const STATE = ['_tidemark_tables', '_tidemark_partitions', '_tidemark_coverage', '_tidemark_runs', '_tidemark_steps']

async function openFile() {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-engine-'))
  const path = join(folder, 'x.db')
  const destination = await openMemory(path)
  const execute = (statement: string): void => {
    const hand = new DatabaseSync(path)
    hand.exec(statement)
    hand.close()
  }
  const close = (): void => rmSync(folder, { recursive: true, force: true })
  return { destination, path, execute, close }
}
