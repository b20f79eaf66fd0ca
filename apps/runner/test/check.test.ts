import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dailySource, type TestProject, testProject } from './test-project.ts'

const SHOP = `
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop' })
const row = z.object({ id: z.int(), at: z.iso.datetime() })
const table = (name, read) => shop.table({ name, row, primaryKey: ['id'], read })
const rows = (at) => Array.from({ length: 20 }, (_, id) => ({ id, at: id < 2 ? '2026-01-01T00:00:00Z' : at }))
export default register(shop.with([
  table('refused', async function* () { throw new SyncError('the shop answered 403', 'fix-config') }),
  table('wrong', async function* () { yield rows('Sun, 01 Nov 2026 10:00:00 +0000') }),
  table('good', async function* () { yield rows('2026-01-01T00:00:00Z') }),
  table('odd', async function* () { yield [...rows('2026-01-01T00:00:00Z'), { id: 99, at: 'soon' }] }),
]))
`

function shop(): TestProject {
  const project = testProject()
  project.install('shop', SHOP)
  project.install('daily', dailySource('daily'))
  return project
}

describe('check', () => {
  it('calls ok only what the next sync can read, and writes nothing', async () => {
    const project = shop()
    const { code, stdout } = await project.run(['check'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^daily +source-daily@1\.0\.0 +1 +ok$/m)
    expect(stdout).toMatch(/^shop +source-shop@1\.0\.0 +4 +2 of 4 tables failed$/m)
    expect(stdout).toMatch(/^failed: table shop_refused: the shop answered 403 \(fix-config: .*tidemark sync shop/m)
    expect(stdout).toMatch(
      /^failed: table shop_wrong: the first page: 20 rows, 18 rejected: column "at" \(timestamp\).*then: npx tidemark check; see /m,
    )
    expect(stdout).toMatch(/^rejected: table shop_odd: the first page: 21 rows, 1 rejected: /m)
    expect(stdout).not.toContain('shop_good')
    expect(existsSync(join(project.folder, 'data'))).toBe(false)
  })

  it('says so in --json', async () => {
    const document = JSON.parse((await shop().run(['check', '--json'])).stdout) as object
    expect(document).toMatchObject({
      exit_code: 3,
      sources: [
        { name: 'shop', tables: 4 },
        { name: 'daily', tables: 1 },
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
      failures: [
        {
          table: 'shop_refused',
          source: 'shop',
          partition: '',
          message: 'the shop answered 403',
          remedy: 'fix-config',
        },
        { table: 'shop_wrong', code: 'reject-limit' },
      ],
    })
    const { tables } = document as { tables: { name: string; state: string; page?: object }[] }
    expect(tables.find(({ name }) => name === 'shop_good')).toMatchObject({
      state: 'ok',
      page: { rows: 20, rejected: 0 },
    })
    expect(tables.find(({ name }) => name === 'shop_refused')).not.toHaveProperty('page')
  })

  it('reads no page with --quick, and calls nothing ok', async () => {
    const { code, stdout } = await shop().run(['check', '--quick'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^shop +source-shop@1\.0\.0 +4 +answers$/m)
    expect(stdout).not.toMatch(/ ok$/m)
  })

  it('ends with 4 where only rows do not fit', async () => {
    const project = shop()
    project.config({ sources: { shop: { tables: { refused: false } } } })
    expect((await project.run(['check'])).code).toBe(4)
    project.config({ sources: { shop: { tables: { refused: false, wrong: false } } } })
    expect((await project.run(['check'])).code).toBe(0)
  })
})
