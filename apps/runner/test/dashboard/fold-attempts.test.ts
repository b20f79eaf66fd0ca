import { expect, it } from 'vitest'
import type { StepAnswer } from '../../src/dashboard/answers.ts'
import { foldAttempts } from '../../src/dashboard/step-line.ts'

const step = (more: Partial<StepAnswer>): StepAnswer => ({
  run: 1,
  step: 1,
  table: 'orders',
  partition: '',
  kind: 'incremental',
  window: { from: 'a', to: 'b' },
  attempts: 1,
  attempt: 1,
  beganAt: 0,
  endedAt: 1,
  written: 0,
  rejected: 0,
  durationMs: 1,
  error: 'down',
  ...more,
})

it('attempts of one step are one line, that of the newest; other windows, partitions and runs are lines of their own', () => {
  const newest = step({ step: 9, attempt: 3, error: 'still down' })
  const other = step({ window: { from: 'b', to: 'c' } })
  const folded = foldAttempts([
    newest,
    step({ step: 5, attempt: 2 }),
    other,
    step({}),
    step({ run: 2 }),
    step({ partition: 'p' }),
  ])
  expect(folded.map(({ run, partition, attempts, error }) => [run, partition, attempts, error])).toEqual([
    [1, '', 3, 'still down'],
    [1, '', 1, 'down'],
    [2, '', 1, 'down'],
    [1, 'p', 1, 'down'],
  ])
})
