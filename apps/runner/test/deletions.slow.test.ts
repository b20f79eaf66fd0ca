import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { testProject } from './test-project.ts'

const source = (rows: number): string => `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'stock' })
const items = source.table({
  name: 'items',
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  async *read() { yield Array.from({ length: ${rows} }, (_, id) => ({ id })) },
})
export default register(source.with([items]))
`

it('a run that would delete most rows stops and says so, and --accept-deletions lets one run pass', async () => {
  const project = testProject()
  project.install('stock', source(200))
  const live = (): unknown => {
    const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'), { readOnly: true })
    const found = database.prepare('select count(*) as rows from stock_items where _deleted_at is null').get()
    database.close()
    return found?.['rows']
  }
  expect((await project.run(['sync'])).code).toBe(0)

  project.install('stock', source(20))
  const held = await project.run(['sync'])
  expect(held.code).toBe(3)
  expect(held.stdout).toContain('180 of 200 rows of "stock_items" would be deleted')
  expect(held.stdout).toContain('sync stock_items --accept-deletions')
  expect(live()).toBe(200)

  expect((await project.run(['sync', 'stock_items', '--accept-deletions'])).code).toBe(0)
  expect(live()).toBe(20)
  // It was for that run alone.
  project.install('stock', source(200))
  expect((await project.run(['sync'])).code).toBe(0)
  expect(live()).toBe(200)
  project.install('stock', source(0))
  expect((await project.run(['sync'])).code).toBe(3)
  expect(live()).toBe(200)
})
