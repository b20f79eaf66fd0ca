import { feedLost, numeric, SyncError, UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check } from '../src/commands/check.ts'
import { plan } from '../src/commands/preview.ts'
import { verify } from '../src/commands/verify.ts'
import type { HandedOut } from '../src/options.ts'
import { openMemory } from './system.ts'
import { commit, type Entry, Log, put, resyncLog, runLog, toldIn, toldRow } from './told.ts'

let log: Log
let destination: Destination
beforeEach(async () => {
  log = new Log()
  destination = await openMemory()
})
afterEach(() => destination.close())

const small = { settings: { batch: { rows: 2, bytes: 1e6 } } }
const feed = async () => (await destination.state()).feeds?.get('memory/log')
const table = async (name = 'memory_orders') => (await destination.state()).tables.get(name)
const run = (more: Partial<Parameters<typeof runLog>[0]> = {}) => runLog({ log, destination, ...more })

function failOnce(index: number): void {
  let isThrown = false
  log.before = (at) => {
    if (at !== index || isThrown) return
    isThrown = true
    throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })
  }
}

describe('a feed', () => {
  it('is read to its end; the next run continues from its offset', async () => {
    log.add(put(1, 'a', 10), put(2, 'b', 20), commit)
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(report.tables).toMatchObject([{ name: 'memory_orders', status: 'complete', rows: { read: 2, written: 2 } }])
    expect(await feed()).toMatchObject({ offset: '{"at":3}', leftOut: [], lostFor: null })
    log.add(put(2, 'b2', 21), put(3, 'c', 30), { op: 'delete', id: 1 }, commit)
    const second = await run()
    expect(second.tables).toMatchObject([{ rows: { read: 2, written: 2, deleted: 1 } }])
    expect(log.readFrom).toEqual([undefined, 3])
    expect(await toldIn(destination)).toEqual([
      { id: 2, note: 'b2', total: 21 },
      { id: 3, note: 'c', total: 30 },
    ])
    expect(await table()).toMatchObject({ status: 'complete', fed: { feed: 'log' } })
  })

  it('keeps what a change did not tell, also where the key changed, and where keys are swapped', async () => {
    log.add(put(1, 'a', 10), put(2, 'b', 20), put(3, 'c', 30), commit)
    await run()
    log.add(
      put(1, UNCHANGED, 11),
      put(7, UNCHANGED, 21, { before: 2 }),
      // 1 and 3 change places.
      put(99, UNCHANGED, UNCHANGED, { before: 1 }),
      put(1, UNCHANGED, UNCHANGED, { before: 3 }),
      put(3, UNCHANGED, UNCHANGED, { before: 99 }),
      commit,
    )
    await run()
    expect(await toldIn(destination)).toEqual([
      { id: 1, note: 'c', total: 30 },
      { id: 3, note: 'a', total: 11 },
      { id: 7, note: 'b', total: 21 },
    ])
  })

  it('shows no row of which something was never told, until it is', async () => {
    log.add(put(5, UNCHANGED, 50), commit)
    await run()
    expect(await toldIn(destination)).toEqual([])
    log.add(put(5, 'e', UNCHANGED), commit)
    await run()
    expect(await toldIn(destination)).toEqual([{ id: 5, note: 'e', total: 50 }])
  })

  it('goes on where a row is deleted that no column could hold', async () => {
    const beyond = (2n ** 64n) as never
    log.add(put(1, 'a', 10), put(beyond, 'b', 20), commit)
    await run()
    log.add({ op: 'delete', id: beyond }, put(2, 'c', 30), commit)
    expect(await run()).toMatchObject({ exitCode: 0, tables: [{ status: 'complete', rows: { deleted: 0 } }] })
    expect((await toldIn(destination)).map(({ id }) => id)).toEqual([1, 2])
  })

  it('does not take values from a row that was deleted', async () => {
    log.add(put(1, 'old', 1), put(2, 'old', 1), commit)
    await run()
    log.add({ op: 'delete', id: 1 }, commit)
    await run()
    // The other one is deleted in the same batch.
    log.add(put(1, UNCHANGED, 2), { op: 'delete', id: 2 }, put(2, UNCHANGED, 2), commit)
    await run()
    expect(await toldIn(destination)).toEqual([])
    log.add(put(1, 'new', 3), put(2, 'new', 3), commit)
    await run()
    expect(await toldIn(destination)).toEqual([
      { id: 1, note: 'new', total: 3 },
      { id: 2, note: 'new', total: 3 },
    ])
  })

  it('writes a transaction that is larger than a batch, and continues from before it after a failure', async () => {
    log.add(put(1, 'a', 1), commit)
    for (let id = 2; id < 300; id++) log.add(put(id, `n${id}`, id))
    log.add({ op: 'delete', id: 5 }, put(5, 'again', 5), commit)
    failOnce(290)
    const report = await run({ options: small })
    expect(report.exitCode).toBe(0)
    expect(log.readFrom).toEqual([undefined, 2])
    const rows = await toldIn(destination)
    expect(rows).toHaveLength(299)
    expect(rows[4]).toEqual({ id: 5, note: 'again', total: 5 })
  })

  it('has a row that one part of a transaction deletes and a later one inserts again', async () => {
    log.add(put(1, 'old', 1), put(2, 'b', 2), commit)
    await run({ options: small })
    log.add({ op: 'delete', id: 1 }, { op: 'delete', id: 2 })
    for (let id = 10; id < 110; id++) log.add(put(id, 'n', id))
    log.add(put(1, 'again', 3), commit)
    expect((await run({ options: small })).exitCode).toBe(0)
    expect((await toldIn(destination)).filter(({ id }) => id < 10)).toEqual([{ id: 1, note: 'again', total: 3 }])
  })

  it('keeps changes of keys without their values together, and says so where they are too many', async () => {
    const rekeys = (count: number) => {
      for (let id = 0; id < count; id++) log.add(put(id + 100, UNCHANGED, UNCHANGED, { before: id }))
      log.add(commit)
    }
    for (let id = 0; id < 40; id++) log.add(put(id, 'n', id))
    log.add(commit)
    rekeys(6)
    expect((await run({ options: small })).exitCode).toBe(0)
    expect((await toldIn(destination)).at(-1)).toEqual({ id: 105, note: 'n', total: 5 })
    log.entries = []
    log.spec = { lost: undefined }
    for (let id = 0; id < 52; id++) log.add(commit)
    for (let id = 10; id < 40; id++) log.add(put(id + 200, UNCHANGED, UNCHANGED, { before: id }))
    log.add(commit)
    const report = await run({ options: small })
    expect(report.tables[0]!.failures).toMatchObject([{ failure: { code: 'transaction-size' } }])
    expect((await run()).exitCode).toBe(0)
    expect((await toldIn(destination)).filter(({ id }) => id >= 210)).toHaveLength(30)
  })

  it('has the rows of a table without a key once, also where a transaction was told twice', async () => {
    log.keyless.add('orders')
    for (let id = 0; id < 200; id++) log.add(put(id, 'n', id))
    log.add(commit)
    for (let id = 200; id < 400; id++) log.add(put(id, 'n', id))
    log.add(commit)
    failOnce(390)
    expect((await run({ options: small })).exitCode).toBe(0)
    const rows = await toldIn(destination)
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 400 }, (_, id) => id))
  })

  it('marks what a truncation left behind, in a transaction of several batches too', async () => {
    for (let id = 0; id < 100; id++) log.add(put(id, 'n', id))
    log.add(commit)
    await run()
    for (let id = 100; id < 200; id++) log.add(put(id, 'n', id))
    log.add({ op: 'truncate' })
    for (let id = 150; id < 300; id++) log.add(put(id, 'm', id))
    log.add(put(150, UNCHANGED, 7), commit)
    const options = { ...small, acceptDeletions: true }
    expect((await run({ options })).exitCode).toBe(0)
    const rows = await toldIn(destination)
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 150 }, (_, at) => at + 150))
    expect(rows[0]).toEqual({ id: 150, note: 'm', total: 7 })
  })

  it('does not take values from rows that were there before a truncation', async () => {
    log.add(put(1, 'old', 1), commit)
    await run()
    log.add({ op: 'truncate' }, put(1, UNCHANGED, 2), commit)
    await run({ options: { acceptDeletions: true } })
    expect(await toldIn(destination)).toEqual([])
    log.add(put(1, 'new', UNCHANGED), commit)
    await run()
    expect(await toldIn(destination)).toEqual([{ id: 1, note: 'new', total: 2 }])
  })

  it('that tells a change that does not fit leaves no old value that counts as sure', async () => {
    log.add(put(1, 'old', 1), put(2, 'b', 2), commit)
    await run()
    log.add({ op: 'put', row: { id: 1, note: 7, total: 5 } as never }, commit, put(1, UNCHANGED, 6), commit)
    const report = await run()
    expect(report.tables[0]!.rows.rejected).toBe(1)
    const { rows } = await destination.query('select _missing from memory_orders where id = 1')
    expect(rows).toEqual([['["note"]']])
    log.add(put(1, 'new', 7), commit)
    await run()
    const { rows: after } = await destination.query('select note, total, _missing from memory_orders where id = 1')
    expect(after.map((row) => row.map(String))).toEqual([['new', '7', 'null']])
  })

  it('that tells a new key with a row that does not fit leaves nothing under the old one', async () => {
    log.add(put(1, 'old', 1), put(2, 'b', 2), commit)
    await run()
    log.add({ op: 'put', row: { id: 5, note: 7, total: 5 } as never, before: 1 }, commit)
    const report = await run()
    expect(report.tables[0]!.rows.rejected).toBe(1)
    const there = (await toldIn(destination)).map(({ id }) => id)
    expect(there).not.toContain(1)
    const { rows } = await destination.query('select id, _missing from memory_orders where _missing is not null')
    expect(rows.map((row) => row.map(String))).toEqual([['5', '["note","total"]']])
  })

  it('whose runs are short is paused where too many rows of an hour do not fit, and comes back with a resync', async () => {
    const options = { settings: { rejectLimit: { share: 0.1, above: 20 } } }
    const bad = (id: number): Entry => ({ op: 'put', row: { id, note: 7, total: 5 } as never })
    let report = await run({ options })
    for (let id = 0; report.tables[0]?.pausedFor === undefined && id < 30; id++) {
      log.add(put(id, 'n', id), bad(100 + id), commit)
      report = await run({ options })
    }
    expect(report.tables[0]!.pausedFor).toMatch(
      /^its changes are left out: 11 of 22 rows of the last hour do not fit: note: /,
    )
    expect(await feed()).toMatchObject({ offset: '{"at":33}', leftOut: ['orders'] })
    expect(await toldIn(destination)).toHaveLength(10)
    log.entries = log.entries.flatMap((entry) =>
      entry.op === 'put' && entry.row.id >= 110
        ? [bad(110)]
        : entry.op === 'put'
          ? [put(entry.row.id, 'n', 1)]
          : [entry],
    )
    expect((await resyncLog({ log, destination, options }, 'memory_orders')).exitCode).toBe(0)
    expect(await table()).toMatchObject({ status: 'complete', pausedFor: null })
    expect(await toldIn(destination)).toHaveLength(21)
  })

  it('is left to the next run where its source loses it again and again', async () => {
    for (let id = 0; id < 20; id++) log.add(put(id, 'n', id), commit)
    let losses = 0
    log.lostFor = 'the log was too long'
    log.before = (at) => {
      if (at < 30) return
      losses++
      throw feedLost('the log is gone')
    }
    const report = await run({ options: small })
    expect(report.exitCode).toBe(3)
    expect(report.tables[0]!.failures).toMatchObject([{ failure: { message: 'the log is gone' } }])
    expect(losses).toBeLessThan(10)
    log.before = () => {}
    log.lostFor = undefined
    expect((await run()).exitCode).toBe(0)
    expect(await toldIn(destination)).toHaveLength(20)
  })

  it('withholds a truncation that is over the deletion limit: nothing of it is committed', async () => {
    for (let id = 0; id < 300; id++) log.add(put(id, 'n', id))
    log.add(commit)
    await run()
    log.add({ op: 'truncate' }, put(1, 'm', 1), commit)
    const report = await run()
    expect(report.exitCode).toBe(3)
    expect(report.tables[0]!.failures).toMatchObject([{ failure: { code: 'deletion-limit' } }])
    expect(await toldIn(destination)).toHaveLength(300)
    expect(await feed()).toMatchObject({ offset: '{"at":301}' })
    expect((await run({ options: { acceptDeletions: true } })).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual([{ id: 1, note: 'm', total: 1 }])
  })

  it('marks what a snapshot did not tell, when it has ended and not before', async () => {
    log.add({ op: 'snapshot-started' }, put(1, 'a', 1), put(2, 'b', 2), { op: 'snapshot-ended' })
    await run()
    log.entries = [{ op: 'snapshot-started' }, put(2, 'b', 2), commit, put(3, 'c', 3)]
    await run()
    expect((await toldIn(destination)).map(({ id }) => id)).toEqual([1, 2, 3])
    log.entries = [{ op: 'snapshot-started' }, put(2, 'b', 2), commit, put(3, 'c', 3), { op: 'snapshot-ended' }]
    log.spec = { lost: undefined }
    await resyncLog({ log, destination }, 'memory_orders')
    expect((await toldIn(destination)).map(({ id }) => id)).toEqual([2, 3])
  })

  it('gives its table columns that it tells of on the way', async () => {
    const wider = toldRow.extend({ colour: z.string().nullish() })
    log.add(
      put(1, 'a', 1),
      { op: 'columns', row: wider },
      {
        op: 'put',
        row: { id: 2, note: 'b', total: 2, colour: 'red' } as never,
      },
      commit,
    )
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(report.lines).toContain('memory_orders: column "colour" added')
    const colours: unknown[] = []
    for await (const row of destination.read('memory_orders')) colours.push(row['colour'])
    expect(colours).toEqual([null, 'red'])
  })

  it('gives a table without a key columns in the middle of a transaction whose rows wait for its end', async () => {
    log.keyless.add('orders')
    const wider = toldRow.extend({ total: numeric().nullable(), colour: z.string().nullish() })
    const red = (id: number): Entry => ({ op: 'put', row: { id, note: 'b', total: '2.50', colour: 'red' } as never })
    log.add(
      put(1, 'a', 1),
      put(2, 'a', 1),
      put(3, 'a', 1),
      { op: 'columns', row: wider },
      red(4),
      red(5),
      red(6),
      commit,
    )
    const report = await run({ options: { settings: { batch: { rows: 2, bytes: 1e6 } } } })
    expect(report.tables[0]!.failures).toEqual([])
    const rows: unknown[] = []
    for await (const { id, total, colour } of destination.read('memory_orders')) rows.push([Number(id), total, colour])
    const old = [1, 2, 3].map((id) => [id, '1', null])
    expect(rows).toEqual([...old, ...[4, 5, 6].map((id) => [id, '2.50', 'red'])])
  })

  it('acknowledges what is committed, and nothing before', async () => {
    log.add(put(1, 'a', 1), { op: 'commit', waits: true }, put(2, 'b', 2), { op: 'commit', waits: true })
    const seen: (readonly [number, number])[] = []
    log.before = async (index) => {
      seen.push([index, (await feed())?.offset == null ? 0 : JSON.parse((await feed())!.offset!).at])
    }
    await run()
    expect(log.acknowledged).toEqual([2, 4])
    expect(seen).toEqual([
      [0, 0],
      [1, 0],
      [2, 2],
      [3, 2],
    ])
  })

  it('that yields what is no change, or of a table that it has not, fails and says so', async () => {
    log.add(put(1, 'a', 1), { op: 'yield', value: [{ id: 1 }] })
    const report = await run()
    expect(report.exitCode).toBe(3)
    expect(report.tables[0]!.failures[0]!.failure.message).toMatch(/feed "log": read\(\) yielded an array/)
    log.entries = [put(1, 'a', 1, { table: 'others' }), commit]
    expect((await run()).tables[0]!.failures[0]!.failure.message).toMatch(
      /table "others", which is not one of its tables/,
    )
  })
})

describe('tables of one feed', () => {
  beforeEach(() => {
    log.tables = ['orders', 'lines']
  })

  it('are committed with one offset, and a table that is new joins it', async () => {
    log.tables = ['orders']
    log.add(put(1, 'a', 1), commit)
    await run()
    log.tables = ['orders', 'lines']
    log.add(put(9, 'l', 9, { table: 'lines' }), put(1, 'a2', 1), commit)
    const report = await run()
    expect(report.lines).toContain('memory_lines is new, needs history from the beginning')
    expect(await toldIn(destination, 'memory_lines')).toEqual([{ id: 9, note: 'l', total: 9 }])
    expect(log.readFrom).toEqual([undefined, 2])
  })

  it('go on where rows of one do not fit: that one is paused, and read again on resync', async () => {
    for (let id = 0; id < 30; id++)
      log.add(put(id, 'n', id), { op: 'put', table: 'lines', row: { id, note: 5, total: id } as never })
    log.add(commit)
    const report = await run()
    expect(report.tables.map(({ name, status }) => [name, status])).toEqual([
      ['memory_orders', 'complete'],
      ['memory_lines', 'paused'],
    ])
    expect(report.exitCode).toBe(3)
    expect(await feed()).toMatchObject({ leftOut: ['lines'] })
    expect(await toldIn(destination)).toHaveLength(30)
    expect((await run()).tables.map(({ status }) => status)).toEqual(['complete', 'paused'])
    for (let id = 0; id < 30; id++) log.entries[2 * id + 1] = put(id, 'fits', id, { table: 'lines' })
    const again = await resyncLog({ log, destination }, 'memory_lines')
    expect(again.exitCode).toBe(0)
    expect(await toldIn(destination, 'memory_lines')).toHaveLength(30)
    expect(await feed()).toMatchObject({ leftOut: [] })
  })

  it('that the config leaves out and later does not are told again from the beginning', async () => {
    log.add(put(1, 'a', 1), put(2, 'l', 2, { table: 'lines' }), commit)
    await run({ use: { options: { tables: { lines: false } } } })
    expect(await feed()).toMatchObject({ leftOut: ['lines'] })
    const report = await run()
    expect(report.lines.join('\n')).toMatch(/read again from the beginning: changes of memory_lines were left out/)
    expect(await toldIn(destination, 'memory_lines')).toEqual([{ id: 2, note: 'l', total: 2 }])
    expect(log.readFrom).toEqual([undefined, undefined])
  })

  it('that one run leaves out are told again by the next, whatever it left them out for', async () => {
    log.add(put(1, 'a', 1), put(2, 'l', 2, { table: 'lines' }), commit)
    await run()
    log.add(put(3, 'l', 3, { table: 'lines' }), commit)
    await run({ use: { options: { tables: { lines: false } } } })
    expect(await feed()).toMatchObject({ offset: '{"at":5}', leftOut: ['lines'] })
    await run()
    expect((await toldIn(destination, 'memory_lines')).map(({ id }) => id)).toEqual([2, 3])
    log.add(put(4, 'l', 4, { table: 'lines' }), commit)
    const broken = new Proxy(destination, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name !== 'prepare') return value.bind(target)
        return async (...asked: Parameters<Destination['prepare']>) => {
          if (asked[1].name === 'memory_lines') throw new SyncError('it cannot be prepared now', 'retry')
          return await target.prepare(...asked)
        }
      },
    })
    expect((await run({ destination: broken })).exitCode).toBe(3)
    expect(await feed()).toMatchObject({ offset: '{"at":7}', leftOut: ['lines'] })
    await run()
    expect((await toldIn(destination, 'memory_lines')).map(({ id }) => id)).toEqual([2, 3, 4])
  })

  it.each([
    ['with a key', []],
    ['without a key', ['orders']],
  ])('%s have what is there when a feed that had ended returns', async (_, keyless) => {
    log.keyless = new Set(keyless)
    log.tables = ['orders', 'lines']
    log.add(put(1, 'a', 1), put(2, 'b', 2), commit)
    await run()
    log.spec = { retired: true }
    log.tables = []
    await run()
    log.spec = {}
    log.tables = ['orders', 'lines']
    log.entries = [put(2, 'b', 2), put(3, 'c', 3), commit]
    await run()
    expect((await toldIn(destination)).map(({ id }) => id)).toEqual([2, 3])
    expect(await feed()).toMatchObject({ offset: '{"at":3}', leftOut: [], lostFor: null })
  })

  it('wait where one of them is held by another runner: no change is skipped', async () => {
    log.add(put(1, 'a', 1), put(2, 'l', 2, { table: 'lines' }), commit)
    const other = await openMemory()
    await other.close()
    const { leases } = await destination.lease(['memory_lines'])
    const held = new Proxy(destination, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name !== 'lease') return value.bind(target)
        return async (names: readonly string[]) => {
          const taken = await target.lease(names.filter((one) => one !== 'memory_lines'))
          const refused = names.includes('memory_lines')
            ? [{ table: 'memory_lines', host: 'other', pid: 1, since: 0n, until: 1n }]
            : []
          return { leases: taken.leases, refused: [...taken.refused, ...refused] }
        }
      },
    })
    const report = await runLog({ log, destination: held })
    expect(report.exitCode).toBe(7)
    expect(log.readFrom).toEqual([])
    await destination.release(leases)
    expect((await run()).exitCode).toBe(0)
    expect(await toldIn(destination, 'memory_lines')).toHaveLength(1)
  })

  it('are all synced where one of them is asked for', async () => {
    log.add(put(1, 'a', 1), put(2, 'l', 2, { table: 'lines' }), commit)
    await run({ options: { select: ['memory_lines'] } })
    expect(await toldIn(destination)).toHaveLength(1)
    expect(await toldIn(destination, 'memory_lines')).toHaveLength(1)
  })
})

describe('an offset', () => {
  it('that its source cannot read is an upgrade, and stays as it is', async () => {
    log.add(put(1, 'a', 1), commit)
    await run()
    log.offset = z.object({ lsn: z.string() })
    const report = await run()
    expect(report.tables[0]!.failures).toMatchObject([{ failure: { remedy: 'upgrade', code: 'offset' } }])
    expect(await feed()).toMatchObject({ offset: '{"at":2}' })
  })

  it('that the source cannot continue from is given up: all is told again, and rows stay readable', async () => {
    log.add(put(1, 'a', 1), put(2, 'b', 2), commit)
    await run()
    log.lostFor = 'its slot was dropped'
    log.before = async () => {
      expect(await toldIn(destination)).toHaveLength(2)
    }
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(report.lines.join('\n')).toMatch(/its slot was dropped/)
    expect(log.readFrom).toEqual([undefined, undefined])
  })

  it('that is given up leaves each row of a table without a key once', async () => {
    log.keyless.add('orders')
    log.add(put(1, 'a', 1), put(2, 'b', 2), commit)
    await run()
    log.entries = [put(2, 'b', 2), put(3, 'c', 3), commit, put(4, 'd', 4), commit]
    log.lostFor = 'its slot was dropped'
    failOnce(3)
    expect(
      (await run({ options: { settings: { retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 } } } })).exitCode,
    ).toBe(3)
    log.lostFor = undefined
    expect((await run()).exitCode).toBe(0)
    expect((await toldIn(destination)).map(({ id }) => id)).toEqual([2, 3, 4])
  })

  it('where the source begins is asked for once, with an id that stays', async () => {
    log.add(put(1, 'before', 1), commit, put(2, 'b', 2), commit)
    log.spec = {
      begin: ({ id, tables }: { id: string; tables: readonly string[] }) => {
        log.begun.push({ id, tables })
        return { at: 2 }
      },
    }
    await run()
    expect(await toldIn(destination)).toEqual([{ id: 2, note: 'b', total: 2 }])
    await run()
    expect(log.begun).toEqual([{ id: (await feed())!.id, tables: ['orders'] }])
  })

  it('of the head ends a run whose feed goes on', async () => {
    log.add(put(1, 'a', 1), commit, put(2, 'b', 2), commit)
    log.spec = { head: () => ({ at: 2 }) }
    log.before = (index) => {
      if (index > 2) throw new Error('it is read beyond where the source was')
    }
    expect((await run()).exitCode).toBe(0)
    expect(await feed()).toMatchObject({ offset: '{"at":2}' })
    expect(await table()).toMatchObject({ status: 'complete' })
  })
})

describe('other commands', () => {
  it('know that a feed tells the table', async () => {
    log.add(put(1, 'a', 1), commit)
    const sources = [{ name: 'memory', source: log.source(), config: {}, options: {} }]
    expect((await plan({ sources, destination })).tables).toMatchObject([
      { feed: { name: 'log', isNew: true, offset: null }, windows: 0 },
    ])
    await run()
    expect((await plan({ sources, destination })).tables).toMatchObject([
      { feed: { name: 'log', isNew: false, offset: '{"at":2}' } },
    ])
    const verified = await verify({ sources, destination }, { table: 'memory_orders' })
    expect(verified.exitCode).not.toBe(0)
    expect(verified.failure?.message).toMatch(/comes from the feed "log"/)
    await expect(
      runLog({ log, destination, options: { select: ['memory_orders'], range: { from: '1', to: '2' } } }),
    ).rejects.toThrow(/has no windows/)
  })

  it('check that its source lists it, and read nothing of it', async () => {
    log.add(put(1, 'a', 1), commit)
    const sources = [{ name: 'memory', source: log.source(), config: {}, options: {} }]
    expect(await check({ sources, destination })).toMatchObject({
      exitCode: 0,
      tables: [{ name: 'memory_orders', state: 'listed', feed: 'log', page: undefined }],
    })
    expect(log.readFrom).toEqual([])
  })

  it('that hand out windows hand out its table once, without steps, and do not take it', async () => {
    log.add(put(1, 'a', 1), commit)
    const handed: HandedOut[] = []
    const report = await run({ options: { handOut: (one) => void handed.push(one) } })
    expect([report.exitCode, report.tables]).toEqual([0, []])
    expect(handed.map(({ table: one, steps }) => [one.name, steps.count])).toEqual([['memory_orders', 0]])
    expect(log.readFrom).toEqual([])
    expect((await destination.state()).tables.size).toBe(0)
  })
})
