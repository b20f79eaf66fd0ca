import { expect, it } from 'vitest'
import { isPastRejectLimit, type RejectCase } from '../src/store/reject-limit.ts'

const DEFAULT = { share: 0.01, above: 100 }
const past = (rejected: number, rows: number, more: Partial<RejectCase> = {}, limit = DEFAULT): boolean =>
  isPastRejectLimit({ step: { rows, rejected }, holdsRows: true, ...more }, limit)

it('rows that all fit are never past it', () => {
  expect([past(0, 0), past(0, 1, { holdsRows: false }), past(0, 1_000_000)]).toEqual([false, false, false])
})

it.each([1, 2, 9, 10, 100, 101])('a first read of which none of %i rows fits always is', (rows) => {
  for (const limit of [DEFAULT, { share: 1, above: 0 }])
    expect(past(rows, rows, { holdsRows: false }, limit)).toBe(true)
})

it.each([
  [9, 9, false],
  [5, 10, false],
  [6, 10, true],
  [37, 44, true],
  [50, 100, false],
  [51, 100, true],
  [1, 101, false],
  [2, 101, true],
  [100, 10_000, false],
  [101, 10_000, true],
])('of a table that holds rows: %i of %i rows, %s', (rejected, rows, is) => {
  expect(past(rejected, rows)).toBe(is)
})

it('a share above a half in the config is meant', () => {
  expect(past(90, 150, {}, { share: 0.9, above: 100 })).toBe(false)
  expect(past(90, 100, {}, { share: 0.9, above: 100 })).toBe(true)
  expect(past(6, 10, {}, { share: 1, above: 0 })).toBe(false)
})

it('of a first read all that the partition holds and rejects counts', () => {
  expect(past(3, 3, { first: { rows: 9, rejected: 9 } })).toBe(false)
  expect(past(1, 3, { first: { rows: 10, rejected: 6 } })).toBe(true)
  expect(past(3, 3, { first: { rows: 1000, rejected: 400 } })).toBe(false)
})
