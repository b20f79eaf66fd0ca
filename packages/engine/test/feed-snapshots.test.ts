import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMemory } from './system.ts'
import { commit, type Entry, Log, put, runLog, toldIn } from './told.ts'

let log: Log
let destination: Destination
beforeEach(async () => {
  log = new Log()
  destination = await openMemory()
})
afterEach(() => destination.close())

const options = {
  settings: {
    batch: { rows: 2, bytes: 1e6 },
    deletionLimit: 'none' as const,
    retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 },
  },
}
const run = () => runLog({ log, destination, options })
const offset = async () => (await destination.state()).feeds!.get('memory/log')!.offset
const ids = async () => (await toldIn(destination)).map(({ id }) => id)
const waits: Entry = { op: 'commit', waits: true }

function breakAt(index: number): void {
  log.before = (at) => {
    if (at !== index) return
    log.before = () => {}
    throw new Error('broken')
  }
}

describe.each([
  ['with a key', []],
  ['without a key', ['orders']],
])('a snapshot of a table %s', (_, keyless) => {
  beforeEach(() => {
    log.keyless = new Set(keyless)
  })

  it('keeps nothing that a truncation within it removed', async () => {
    const first = [1, 2, 3, 4].map((id) => put(id, 'a', id))
    log.add({ op: 'snapshot-started' }, ...first, { op: 'truncate' }, put(5, 'b', 5), { op: 'snapshot-ended' }, commit)
    expect((await run()).exitCode).toBe(0)
    expect(await ids()).toEqual([5])
  })

  it('counts a truncation with the checkpoint that follows, within it too', async () => {
    log.add(put(1, 'a', 1), commit)
    await run()
    log.add({ op: 'snapshot-started' }, { op: 'truncate' }, put(2, 'b', 2), waits, put(3, 'c', 3))
    log.add({ op: 'snapshot-ended' }, commit)
    breakAt(6)
    expect((await run()).exitCode).toBe(3)
    if (keyless.length === 0) log.entries[7] = commit
    expect((await run()).exitCode).toBe(0)
    expect(await ids()).toEqual([2, 3])
  })
})

describe('a snapshot of a table without a key', () => {
  beforeEach(() => {
    log.keyless = new Set(['orders'])
    log.tables = ['orders', 'lines']
  })

  it('is told again from before it where a read does not come to its end', async () => {
    log.add(put(1, 'a', 1), commit)
    await run()
    log.add({ op: 'snapshot-started' }, put(2, 'b', 2), put(3, 'c', 3), put(9, 'l', 9, { table: 'lines' }), waits)
    log.add(put(4, 'd', 4), { op: 'snapshot-ended' }, commit)
    breakAt(7)
    expect((await run()).exitCode).toBe(3)
    expect(await offset()).toBe('{"at":2}')
    expect(await ids()).toEqual([1])
    expect((await run()).exitCode).toBe(0)
    expect(log.readFrom).toEqual([undefined, 2, 2])
    expect(await offset()).toBe('{"at":10}')
    expect(await ids()).toEqual([2, 3, 4])
    expect(await toldIn(destination, 'memory_lines')).toHaveLength(1)
  })

  it('that a read ends within is a fault of its source', async () => {
    log.add(put(1, 'a', 1), commit, { op: 'snapshot-started' }, put(2, 'b', 2), commit)
    const report = await run()
    expect(report.tables.flatMap(({ failures }) => failures)[0]!.failure).toMatchObject({
      remedy: 'fix-source',
      message: expect.stringMatching(/read\(\) ended within the snapshot of table "orders".*yield snapshotEnded\(\)/),
    })
    expect(await offset()).toBe('{"at":2}')
    expect(await ids()).toEqual([1])
  })
})
