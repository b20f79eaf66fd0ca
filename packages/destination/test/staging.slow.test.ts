import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StepRef } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { capturing, folder, open, prepare, shapeOf, things } from './place.ts'

const move = { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } } as const
const fill = { staging: 'fill', completes: undefined } as const

/** How many statements were compiled since. */
function compiled(): () => number {
  const { prepare } = DatabaseSync.prototype
  let count = 0
  DatabaseSync.prototype.prepare = function (...values) {
    count++
    return prepare.apply(this, values)
  }
  onTestFinished(() => {
    DatabaseSync.prototype.prepare = prepare
  })
  return () => count
}

describe.each([['id'], []])('staging tables (key: %s)', (...primaryKey) => {
  const key = primaryKey.filter((name) => typeof name === 'string')
  async function ready() {
    const { destination, raw } = await capturing(() => open(join(folder(), 'x.db')))
    const table = await prepare(destination, shapeOf(undefined, { primaryKey: key, partitioned: true }))
    const left = () => raw.prepare("select count(*) as n from sqlite_temp_schema where type = 'table'").get()?.['n']
    return { ...table, left }
  }

  it('are gone when their steps are over, and the statements of one step serve the next', async () => {
    const { write, left } = await ready()
    const steps = (from: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, at) => {
          await write(things(1), move, { partition: `p${from + at}`, step: from + at })
          await write(
            [],
            { ...move, rejectLimit: { share: 0, above: 0, rows: 1, rejected: 1 } },
            { step: 5000 + from + at, partition: `p${from + at}` },
          )
        }),
      )
    await steps(0, 10)
    expect(left()).toBe(0)
    const count = compiled()
    for (let round = 1; round < 20; round++) await steps(round * 10, 10)
    // Kysely compiles the state's statements again each time; those of staging would be a dozen a step more.
    const each = count() / 380
    expect(left()).toBe(0)
    const before = count()
    await write(things(1), {}, { partition: 'direct', step: 99_999 })
    expect(each).toBeLessThan(count() - before + 8)
  })

  it('are gone when their steps failed, are held back, or the lease is released', async () => {
    const { write, left, destination, lease } = await ready()
    const counts = { read: 0, deduped: 0, trimmed: 0, rejected: 0 }
    const steps: StepRef[] = []
    for (let at = 0; at < 50; at++) {
      const step: StepRef = {
        run: 1,
        step: 100 + at,
        table: 'things',
        partition: `p${at}`,
        kind: 'full_refresh',
        window: undefined,
        attempt: 1,
        beganAt: await destination.now(),
      }
      steps.push(step)
      await write(things(3), fill, step)
    }
    expect(left()).toBe(50)
    for (const step of steps.slice(0, 20))
      await destination.record(lease, [{ kind: 'failure', step, counts, error: 'x', nextTryAt: 1n, durationMs: 1 }])
    expect(left()).toBe(30)
    await write(things(200), move, { partition: 'held', step: 1000 })
    const held = await write(
      [],
      { ...move, deletionGuard: { ...move.deletionGuard, limit: { share: 0.5, above: 100 } } },
      { partition: 'held', step: 1001 },
    )
    expect(held.withheld).toMatchObject({ deleted: 200, of: 200 })
    expect(left()).toBe(30)
    await destination.release([lease])
    expect(left()).toBe(0)
  })

  it('of a part that was rolled back are as they were', async () => {
    const { write, left, destination } = await ready()
    const step = { partition: 'a', step: 7 }
    const bad = { nothing: 'like this' }
    const broken = { ...fill, rejects: [bad as never] }
    await expect(write(things(2), broken, step)).rejects.toThrow()
    expect(left()).toBe(0)
    await write(things(2), fill, step)
    await expect(write(things(2, 2), { ...broken, number: 2 }, step)).rejects.toThrow()
    expect(left()).toBe(1)
    expect(await write(things(1, 2), { ...move, number: 2 }, step)).toMatchObject({ written: 3 })
    expect(left()).toBe(0)
    expect((await destination.query('select count(*) from things')).rows).toEqual([[3]])
  })
})
