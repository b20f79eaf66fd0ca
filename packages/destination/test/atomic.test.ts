import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Batch, StepRef } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { byHand, capturing, folder, open, prepare, type Ready, shapeOf, things } from './place.ts'

const TABLES = [
  'things',
  '_tidemark_tables',
  '_tidemark_partitions',
  '_tidemark_coverage',
  '_tidemark_resyncs',
  '_tidemark_steps',
  '_tidemark_rejects',
  '_tidemark_leases',
]

/** Fails the n-th call of the driver, counted from now; gives back the count of calls and a way to stop. */
function failing(raw: DatabaseSync, nth: number): { readonly calls: () => number; stop(): void } {
  const statement = Object.getPrototypeOf(raw.prepare('select 1')) as Record<
    'run' | 'all',
    (...values: unknown[]) => unknown
  >
  const { run, all } = statement
  let calls = 0
  const wrap = (original: typeof run) =>
    function (this: { readonly sourceSQL: string }, ...values: unknown[]) {
      // The way back must stay open: a rollback that fails is no failure of the part.
      if (this.sourceSQL !== 'rollback' && ++calls === nth) throw new Error('injected')
      return original.apply(this, values)
    }
  statement.run = wrap(run)
  statement.all = wrap(all)
  return { calls: () => calls, stop: () => Object.assign(statement, { run, all }) }
}

const reject = { key: '1', encodedKey: undefined, position: 1, code: 'x', message: 'x', payload: '{}', hash: 'h' }
const direct: Partial<Batch> = {
  rejects: [reject],
  deletions: [
    { key: [3], position: null },
    { key: [999], position: null },
  ],
  tombstones: true,
}
const staged: Partial<Batch> = { ...direct, staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } }
const kinds: readonly (readonly [string, Partial<Batch>, Partial<StepRef>, string[]])[] = [
  ['written straight', direct, {}, ['id']],
  ['moved from staging', staged, {}, ['id']],
  [
    'replaced without a key',
    { rejects: [reject], staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } },
    {},
    [],
  ],
]

describe('whichever call of the driver fails', () => {
  it.each(kinds)('a part %s lands whole or not at all', async (_name, batch, step, primaryKey) => {
    const path = join(folder(), 'x.db')
    const { destination, raw } = await capturing(() => open(path))
    const ready: Ready = await prepare(destination, shapeOf(undefined, { primaryKey }))
    await ready.write(things(10), primaryKey.length === 0 ? batch : {})
    await destination.record(ready.lease, [{ kind: 'resync', partition: '', window: undefined, reason: 'asked' }])
    const hand = byHand(path)
    const everything = () => JSON.stringify(TABLES.map((table) => hand.prepare(`select * from ${table}`).all()))
    const before = everything()
    const next = things(230, 4)
    for (let nth = 1; ; nth++) {
      const failure = failing(raw, nth)
      const outcome = await ready.write(next, batch, step).then(
        () => 'written',
        (error: Error) => error.message,
      )
      failure.stop()
      expect(raw.isTransaction).toBe(false)
      if (outcome === 'written') {
        expect(failure.calls()).toBeLessThan(nth)
        expect(nth).toBeGreaterThan(10)
        break
      }
      expect(outcome).toBe('injected')
      expect(everything()).toBe(before)
    }
    expect(everything()).not.toBe(before)
    // Straight: keys 0 to 233 without the 3 that is told to be gone; else what came.
    const live = 'staging' in batch ? 230 : 233
    expect((await destination.query('select count(*) from things where _deleted_at is null')).rows).toEqual([[live]])
  })
})
