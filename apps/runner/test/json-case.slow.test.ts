import { describe, expect, it } from 'vitest'
import { jsonDocument } from '../src/json-document.ts'
import { testProject } from './test-project.ts'

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop' })
const row = z.object({ orderId: z.int(), at: z.iso.datetime() })
const rows = [1, 2, 3].map((orderId) => ({ orderId, at: '2026-01-0' + orderId + 'T00:00:00Z' }))
const one = { row, primaryKey: ['orderId'] }
export default register(shop.with([
  shop.table({ ...one, name: 'bigOrders', cursor: 'at', window: '1d', async *read() { yield rows } }),
  shop.table({ ...one, name: 'bad', async *read() { yield [{ orderId: 'x', at: 'never' }] } }),
  shop.table({ ...one, name: 'down', async *read() { throw new Error('the shop is closed') } }),
]))
`
const VERBS: readonly (readonly string[])[] = [
  ['check'],
  ['plan'],
  ['sync'],
  ['sync'],
  ['plan'],
  ['status'],
  ['tables'],
  ['runs'],
  ['runs', '1'],
  ['rejects'],
  ['verify', 'shop_bigOrders'],
  ['resync', 'shop_bigOrders'],
  ['show', 'shop_bigOrders'],
  ['query', 'select "orderId" from "shop_bigOrders"'],
  ['state', 'export', 'state.json'],
  ['types'],
  ['sync', 'shop_none'],
]
/** Keys that a user or a source chose. */
const CHOSEN = new Set(['orderId', 'shop_bigOrders'])

function keysIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...keysIn(one)])
}

describe('--json', { timeout: 300_000 }, () => {
  it('is snake_case for every verb, and leaves the names of columns as they are', async () => {
    const project = testProject()
    project.install('shop', SOURCE)
    project.config({ initialSyncStart: '2026-01-01' })
    const seen: string[] = []
    for (const words of VERBS) {
      const { stdout, stderr } = await project.run([...words, '--json'])
      const keys = keysIn(JSON.parse(stdout))
      expect(keys.length, `${words.join(' ')}\n${stdout}${stderr}`).toBeGreaterThan(0)
      const odd = keys.filter((key) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(key) && !CHOSEN.has(key))
      expect(odd, words.join(' ')).toEqual([])
      seen.push(...keys)
    }
    for (const key of ['exit_code', 'steps_left', 'until_empty', 'orderId']) expect(seen).toContain(key)
  })
})

it('values stay as they are', () => {
  const at = new Date(0)
  const rows = [new Map([['orderId', 1]])]
  expect(jsonDocument({ exitCode: 0, at, rows, more: [{ stepsLeft: 1n, a_b: null, URL: 'x' }] })).toEqual({
    ...{ exit_code: 0, at, rows },
    more: [{ steps_left: 1n, a_b: null, URL: 'x' }],
  })
})
