import { expect, it } from 'vitest'
import { groupRejects, reasonOf } from '../src/index.ts'

it('a reason is the message without the value in it', () => {
  expect(reasonOf('total: Invalid input: expected number, received "12,50"')).toBe(
    'total: Invalid input: expected number',
  )
  expect(reasonOf('column "at": expected an instant, such as "Sun"')).toBe('column "at": expected an instant')
  expect(reasonOf('row 123456 has no key')).toBe('row … has no key')
  expect(reasonOf('no key')).toBe('no key')
})

it('rows with the same reason are one group, the largest first', async () => {
  const rows = [
    ['invalid', 'total: expected number, received "a"', 2n, 5n],
    ['invalid', 'total: expected number, received "b"', 3n, 9n],
    ['unfit', 'no key', 4n, 1n],
  ]
  const query = async () => ({ columns: ['times'], rows })
  expect(await groupRejects({ query } as never, 'orders')).toEqual([
    { reason: 'total: expected number', code: 'invalid', times: 5, newestAt: 9n },
    { reason: 'no key', code: 'unfit', times: 4, newestAt: 1n },
  ])
})
