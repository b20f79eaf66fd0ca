import { expect, it } from 'vitest'
import { waitUntil } from '../src/service/wait-until.ts'

it('looks when it is expected, not at the next of the looks in between', async () => {
  let looks = 0
  let isDue = false
  const due = setTimeout(() => {
    isDue = true
  }, 5300)
  const waiting = waitUntil(
    () => {
      looks++
      return isDue
    },
    5300,
    new AbortController().signal,
  )
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 9500))
  expect(await Promise.race([waiting, late])).toBe(true)
  expect(looks).toBeGreaterThanOrEqual(3)
  clearTimeout(due)
})

it('ends with the signal', async () => {
  const stop = new AbortController()
  const waiting = waitUntil(() => false, 60_000, stop.signal)
  stop.abort()
  expect(await waiting).toBe(false)
})
