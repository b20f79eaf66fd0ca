import { days, seconds } from '@tidemark/core'
import { INT64_MAX } from '@tidemark/core/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { askedWindow, writtenPosition } from '../src/plan/asked-window.ts'
import { planRun } from '../src/plan/plan.ts'
import { tasksOf } from '../src/plan/tasks.ts'
import { catalogOf, EVERYTHING, type Surveyed, tableOf } from './catalog-of.ts'

const at = (n: number): bigint => BigInt(n) * 1_000_000n
const tablesOf = (discovered: Surveyed) => planRun(catalogOf(discovered), { tables: new Map() }, EVERYTHING).tables

const FIRST = -62_167_219_200_000_000n
const LAST = 253_402_214_400_000_000n

describe('a position of a task', () => {
  it('is read by --from and --to as it was, whatever the cursor', () => {
    const positions = fc.oneof(
      fc.record({
        type: fc.constantFrom('timestamp' as const, 'local_timestamp' as const, 'date' as const),
        position: fc.bigInt({ min: FIRST, max: LAST }),
      }),
      fc.record({
        type: fc.constant('date' as const),
        position: fc.bigInt({ min: -700_000n, max: 2_900_000n }).map((day) => day * 86_400_000_000n),
      }),
      fc.record({
        type: fc.constant('integer' as const),
        // The last of all positions only ever ends a window.
        position: fc.bigInt({ min: -(2n ** 63n), max: INT64_MAX - 1n }),
      }),
    )
    fc.assert(
      fc.property(positions, ({ type, position }) => {
        const text = writtenPosition(position, { type })
        expect(askedWindow({ name: 't', cursor: { type } }, { from: text })?.from).toBe(position)
      }),
    )
  })

  it('begins no window where no position follows it', () => {
    const table = { name: 't', cursor: { type: 'integer' } } as const
    expect(() => askedWindow(table, { from: String(INT64_MAX) })).toThrow(`--from: no position follows ${INT64_MAX}`)
  })

  it('is left out where no date can be written', () => {
    expect(writtenPosition(FIRST - 1n, { type: 'timestamp' })).toBeUndefined()
    expect(writtenPosition(INT64_MAX, { type: 'date' })).toBeUndefined()
    expect(writtenPosition(86_400_000_000n, { type: 'date' })).toBe('1970-01-02')
  })
})

describe('the tasks of a plan', () => {
  it('are its windows as they would be run, partitions in turn, the newest first', () => {
    const tables = tablesOf({
      table: tableOf({ window: seconds(40) } as never),
      partitions: [
        { id: 'a', end: at(100) },
        { id: 'b', end: at(60) },
      ],
    })
    const { tasks, moreTasks } = tasksOf(tables)
    const text = (n: number) => new Date(n * 1000).toISOString().replace('.000', '')
    expect(tasks.map(({ partition, from, to }) => [partition, from, to])).toEqual([
      ['a', text(80), text(100)],
      ['b', text(40), text(60)],
      ['a', text(40), text(80)],
      ['b', text(0), text(40)],
      ['a', text(0), text(40)],
    ])
    expect(tasks[0]).toMatchObject({ table: 'memory_events', lane: 'backfill', kind: 'backfill' })
    expect(moreTasks).toBe(0)
  })

  it('have no start where it is open', () => {
    const [task] = tasksOf(tablesOf({ settings: { start: undefined }, partitions: [{ end: at(100) }] })).tasks
    expect(task).toMatchObject({ from: undefined, to: '1970-01-01T00:01:40Z' })
  })

  it('are one of a table that is read whole, however many partitions it has', () => {
    const table = tableOf({ cursor: undefined, minAge: undefined, lookback: undefined } as never)
    const { tasks } = tasksOf(tablesOf({ table, partitions: [{ id: 'a' }, { id: 'b' }] }))
    expect(tasks).toEqual([
      { table: 'memory_events', partition: '', lane: 'backfill', kind: 'full_refresh', from: undefined, to: undefined },
    ])
  })

  it('are none of what the source calls unchanged', () => {
    const [planned] = tablesOf({ partitions: [{ end: at(100) }] })
    const [partition] = planned!.partitions
    const spans = partition!.steps.spans.map((span) => ({
      ...span,
      lane: 'current' as const,
      kind: 'unchanged' as const,
    }))
    const steps = Object.assign(Object.create(Object.getPrototypeOf(partition!.steps)), { spans })
    expect(tasksOf([{ ...planned!, partitions: [{ ...partition!, steps }] }])).toEqual({ tasks: [], moreTasks: 0 })
  })

  it('are at most ten thousand, found at once, and no table keeps another out', () => {
    const end = 10n ** 18n
    const table = tableOf({ window: days(1), row: z.object({ id: z.int(), at: z.iso.datetime() }) } as never)
    const { tasks, moreTasks } = tasksOf(
      tablesOf({
        table,
        settings: { start: 0n },
        partitions: [
          { id: 'many', end },
          { id: 'few', end: at(100) },
        ],
      }),
    )
    expect(tasks).toHaveLength(10_000)
    expect(tasks.filter(({ partition }) => partition === 'few')).toHaveLength(1)
    expect(moreTasks).toBe(Number((end - 1n) / 86_400_000_000n + 1n) + 1 - 10_000)
  })
})
