import { numeric } from '@tidemark/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { open, prepare, shapeOf } from './place.ts'

const keyed = z.object({ id: z.bigint(), amount: numeric(), share: z.number(), at: z.iso.datetime({ offset: true }) })
const key = { id: 1n, amount: '1', share: 1, at: '2024-01-01T00:00:00Z' }

async function encoder() {
  const { prepared } = await prepare(await open('sqlite::memory:'), shapeOf(keyed, { primaryKey: Object.keys(key) }))
  return prepared.encoder
}

it.each<[string, object]>([
  ['beyond 64 bits', { id: 2n ** 64n }],
  ['NaN as numeric', { amount: 'NaN' }],
  ['infinity as numeric', { amount: '-Infinity' }],
  ['infinity as a double', { share: Number.POSITIVE_INFINITY }],
  ['a time without end', { at: 'infinity' }],
  ['a time before Christ', { at: '0044-03-15 12:00:00+00 BC' }],
  ['a year of five digits', { at: '20240-03-15T12:00:00Z' }],
])('a key that a source may have and no row here can have is known as such: %s', async (_name, part) => {
  const { encodeKey } = await encoder()
  expect(encodeKey({ ...key, ...part })).toMatchObject({ unheld: true })
})

it.each<[string, object]>([
  ['none', { id: undefined }],
  ['NULL', { amount: null }],
  ['a text', { id: 'a' }],
  ['a text that is no number', { amount: 'a' }],
  ['a text that is no time', { at: 'yesterday' }],
])('one that is a slip of its source is not: %s', async (_name, part) => {
  const { encodeKey } = await encoder()
  const unfit = encodeKey({ ...key, ...part })
  expect(unfit).toHaveProperty('reason')
  expect(unfit).not.toHaveProperty('unheld')
})
