import { expect, it } from 'vitest'
import { TransactionList } from '../src/mysql/transactions.ts'

it('looks again after a look that failed', async () => {
  let looks = 0
  const list = new TransactionList(async () => {
    if (++looks === 1) throw new Error('the server has gone away')
    return [['7', '2024-01-01 00:00:00', '3', '1'].map((text) => Buffer.from(text))]
  })
  await expect(list.now()).rejects.toThrow('the server has gone away')
  expect(await list.now()).toEqual([{ id: '7 2024-01-01 00:00:00', ageSeconds: 3, writes: true }])
})
