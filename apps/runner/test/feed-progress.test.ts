import type { RunEvent } from '@tidemark/engine'
import { expect, it } from 'vitest'
import { runLines, tableText } from '../src/show/run-lines.ts'
import { RunFollower } from '../src/show/run-view.ts'

const at = { table: 'orders', partition: '', step: 1 } as const
const work = { table: 'orders', source: 'shop', partitions: 1, steps: 0, untilEmpty: false, coverage: undefined }
const started: RunEvent = {
  ...at,
  type: 'step-started',
  kind: 'changes',
  attempt: 1,
  window: undefined,
  span: undefined,
  index: 1,
  of: 1,
  untilEmpty: false,
}
const failure = { message: 'm', remedy: 'retry', code: undefined, retryAfterMs: undefined, stack: undefined } as const

it('the progress of a table that a feed tells is its changes: no windows, and no time left', () => {
  const follower = new RunFollower()
  const shown = () => tableText(follower.view(60_000).tables[0]!)
  follower.take({ type: 'run-started', run: 1 }, 0)
  follower.take({ type: 'tables-planned', work: [work] }, 0)
  expect(follower.view(0)).toMatchObject({ tables: [], idle: 1 })
  follower.take(started, 0)
  follower.take({ ...at, type: 'batch-committed', rows: { read: 7 } }, 59_000)
  expect(shown()).toBe('orders: changes, 7 rows, 0/s')
  expect(runLines(follower.view(60_000), { columns: 100, rows: 20 }).join('\n')).not.toMatch(/window| left/)
  follower.take({ ...at, type: 'step-ended', failure }, 60_000)
  expect(shown()).toBe('orders: failed, 7 rows, 0/s: m')
  follower.take({ ...started, step: 2 }, 60_000)
  expect(shown()).toBe('orders: changes, 7 rows, 0/s')
  follower.take({ ...at, step: 2, type: 'step-ended', failure: undefined }, 60_000)
  expect(shown()).toBe('orders: changes, 7 rows, done')
})
