import { expect, it } from 'vitest'
import { Clock } from '../src/state/clock.ts'

it('stamps are each greater than the one before, and follow a clock that was set back', () => {
  const clock = new Clock()
  expect([1000n, 1000n, 999n, 5000n].map((now) => clock.stamp(now))).toEqual([1000n, 1001n, 1002n, 5000n])
  expect(clock.stamp(10_000_000n)).toBe(10_000_000n)
  expect(clock.stamp(2_000_000n)).toBe(2_000_000n)
})
