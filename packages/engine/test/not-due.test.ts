import { SyncError } from '@tidemark/core'
import { newPartition, type State, type TableState } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { notDueOf } from '../src/plan/not-due.ts'
import { restAfter } from '../src/source/retry.ts'
import { openMemory, run, System } from './system.ts'

const NOW = 1_000_000_000_000n
const ago = (ms: number): bigint => NOW - BigInt(ms) * 1000n

function table(name: string, more: Partial<TableState> = {}): TableState {
  const [source = '', own = ''] = name.split('_')
  return {
    name,
    source,
    table: own,
    status: 'complete',
    schema: null,
    identity: null,
    everFilled: true,
    present: 'rows',
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: ago(1000),
    lastCheckedAt: ago(1000),
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map([['', newPartition('')]]),
    ...more,
  }
}

const stateOf = (...tables: readonly TableState[]): State => ({ tables: new Map(tables.map((one) => [one.name, one])) })
const failing = (nextTryAt: bigint | null, more: Partial<TableState> = {}): Partial<TableState> => ({
  status: 'failing',
  partitions: new Map([['', { ...newPartition(''), failures: 3, nextTryAt }]]),
  ...more,
})

function rest(state: State, given: Partial<Parameters<typeof notDueOf>[0]> = {}) {
  const { sources, tables, dueInMs } = notDueOf({
    sources: [
      { name: 'a', options: {} },
      { name: 'b', options: { every: '1h', tables: { fast: { every: '10s' } } } },
    ],
    state,
    now: NOW,
    everyMs: 300_000,
    askedMsAgo: () => 2000,
    ...given,
  })
  return { sources: [...sources], tables: [...tables], dueInMs }
}

describe('what is not due', () => {
  it('rests as long as the command says, or its source, or it itself', () => {
    const all = stateOf(table('a_one'), table('b_slow'), table('b_fast'))
    expect(rest(all)).toEqual({ sources: ['a', 'b'], tables: ['a_one', 'b_slow', 'b_fast'], dueInMs: 9000 })
    expect(rest(all, { now: NOW + 10_000_000n, askedMsAgo: () => 12_000 }).tables).toEqual(['a_one', 'b_slow'])
    expect(rest(all, { now: NOW + 400_000_000n, askedMsAgo: () => 400_000 })).toMatchObject({
      sources: [],
      tables: ['b_slow'],
    })
  })

  it('at the start of a process only what has an `every` of its own rests, by what the state says', () => {
    const all = stateOf(table('a_one'), table('b_slow'), table('b_fast', { lastCheckedAt: ago(11_000) }))
    expect(rest(all, { askedMsAgo: () => undefined })).toEqual({ sources: [], tables: ['b_slow'], dueInMs: 3_599_000 })
  })

  it('a source that was never read, or has nothing in the state but removed tables, is asked', () => {
    expect(rest(stateOf(table('b_slow', { status: 'removed' }))).sources).toEqual([])
  })

  it('a sync in the future was written by a wrong clock and holds nothing up', () => {
    const ahead = stateOf(table('b_slow', { lastCheckedAt: NOW + 10n ** 12n }))
    expect(rest(ahead, { askedMsAgo: () => undefined }).tables).toEqual([])
  })

  it('a table that fails rests until its next try, unless the process has just begun', () => {
    const all = stateOf(table('a_one', failing(NOW + 900_000_000n)))
    expect(rest(all)).toMatchObject({ tables: ['a_one'], dueInMs: 900_000 })
    expect(rest(all, { askedMsAgo: () => undefined }).tables).toEqual([])
  })

  it('a partition that does well keeps its table awake though others fail', () => {
    const partitions = new Map([
      ['bad', { ...newPartition('bad'), failures: 3, nextTryAt: NOW + 900_000_000n }],
      ['good', newPartition('good')],
    ])
    const all = stateOf(table('a_one', { status: 'failing', partitions }))
    expect(rest(all, { askedMsAgo: () => 300_001 }).tables).toEqual([])
  })

  it('a commit is not a check: a table of which ranges are read comes due as before', () => {
    const all = stateOf(table('b_slow', { lastSyncedAt: ago(1000), lastCheckedAt: ago(3_600_000) }))
    expect(rest(all, { askedMsAgo: () => undefined }).tables).toEqual([])
    const unchecked = stateOf(table('b_slow', { lastSyncedAt: ago(1000), lastCheckedAt: null }))
    expect(rest(unchecked, { askedMsAgo: () => undefined }).tables).toEqual([])
  })

  it('what was not selected is no reason to wake up', () => {
    const all = stateOf(table('a_one'), table('b_fast'))
    expect(rest(all, { select: ['a_one'] })).toMatchObject({ tables: ['a_one'], dueInMs: 299_000 })
  })
})

describe('a run that leaves something alone', () => {
  it('does not read it, and does not take it for removed', async () => {
    const system = new System()
    const destination = await openMemory()
    system.put({ id: 1, at: 5, text: 'a' })
    await run({ system, destination })
    system.put({ id: 2, at: 1005, text: 'b' })
    system.now = 1010
    const asked = system.asked.length
    for (const resting of [
      { sources: new Set<string>(), tables: new Set(['memory_events']) },
      { sources: new Set(['memory']), tables: new Set(['memory_events']) },
    ]) {
      const report = await run({ system, destination, options: { resting } })
      expect(report).toMatchObject({ exitCode: 0, tables: [] })
    }
    expect(system.asked).toHaveLength(asked)
    expect([...(await destination.state()).tables.values()].map(({ status }) => status)).toEqual(['complete'])
    await destination.close()
  })
})

describe('the next try of what was given up', () => {
  it('comes later with each failure in a row, an hour at most, and never before the system wants', () => {
    const rests = [1, 2, 5, 10, 20, 10_000].map((failures) => restAfter(failures, { retryAfterMs: undefined }))
    expect(rests).toEqual([2000, 4000, 32_000, 1_024_000, 3_600_000, 3_600_000])
    expect(restAfter(1, { retryAfterMs: 7_200_000 })).toBe(7_200_000)
  })

  it('is recorded, run after run, and forgotten with the first success', async () => {
    const system = new System()
    const destination = await openMemory()
    system.put({ id: 1, at: 5, text: 'a' })
    let isBroken = true
    system.beforePage = () => {
      if (isBroken) throw new SyncError('no', 'fix-config')
    }
    const next = async (): Promise<number | undefined> => {
      await run({ system, destination })
      const at = (await destination.state()).tables.get('memory_events')?.partitions.get('')?.nextTryAt
      return at == null ? undefined : Number(at - (await destination.now())) / 1000
    }
    const [first = 0, second = 0, third = 0] = [await next(), await next(), await next()]
    expect(second).toBeGreaterThan(first + 1000)
    expect(third).toBeGreaterThan(second + 2000)
    isBroken = false
    expect(await next()).toBeUndefined()
    await destination.close()
  })
})
