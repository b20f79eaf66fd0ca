import { expect, it } from 'vitest'
import { testProject } from './test-project.ts'

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop' })
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()
const row = z.object({ id: z.int(), at: z.iso.datetime().nullable() })
export default register(shop.with([
  shop.table({ name: 'orders', row, primaryKey: ['id'], cursor: 'at', nullCursor: 'skip',
    async *read() {
      yield [{ id: 1, at: ago(60) }, { id: 2, at: ago(0), late: 1 }, { id: 3, at: null }, { id: 4, at: null }, { id: 5, at: ago(90), colour: 'red' }]
    } }),
  shop.table({ name: 'carts', row, primaryKey: ['id'], cursor: 'at', countUnread: () => ({ tooYoung: 7, withoutCursor: 3 }),
    async *read() {} }),
]))`

it('what is not read is said by sync and by status, and is in their JSON', async () => {
  const project = testProject()
  project.install('shop', SOURCE)
  const synced = await project.run(['sync'])
  expect(synced.code, synced.stderr).toBe(0)
  for (const line of [
    'shop_orders: 1 row is younger than 1 minute and is read by a later sync',
    'shop_orders: 2 rows have no cursor and are not synced',
    'shop_orders: rows have fields that no column holds: colour',
    'shop_carts: 7 rows are younger than 1 minute and are read by a later sync',
    'shop_carts: 3 rows have no cursor and are not synced',
  ])
    expect(synced.stdout.split('\n')).toContain(line)
  const status = await project.run(['status'])
  expect(status.stdout).toContain('7 rows are too young and are read by a later sync; 3 rows have no cursor')
  const { tables } = JSON.parse((await project.run(['status', '--json'])).stdout) as { tables: object[] }
  expect(tables).toMatchObject([
    { name: 'shop_carts', too_young: 7, without_cursor: 3, undeclared: [] },
    { name: 'shop_orders', too_young: 1, without_cursor: 2, undeclared: ['colour'] },
  ])
  const report = JSON.parse((await project.run(['sync', '--json'])).stdout) as { tables: object[] }
  expect(report.tables).toMatchObject([
    { unread: { too_young: 1, without_cursor: 2, undeclared: ['colour'], min_age_ms: 60_000 } },
    { unread: { too_young: 7, without_cursor: 3, undeclared: [] } },
  ])
})
