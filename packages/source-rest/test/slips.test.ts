import { expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

const ROWS = [1, 2, 3].map((id) => ({ id, name: `n${id}`, updated_at: `2026-01-0${id}T00:00:00Z` }))
const RIGHT = { path: '/items', primaryKey: ['id'], cursor: 'updated_at' }

it.each<[string, object, string]>([
  [
    'a cursor',
    { cursor: 'updatd_at' },
    'cursor names "updatd_at", which is not in any row; did you mean "updated_at"?',
  ],
  ['a key', { primaryKey: ['idd'] }, 'primaryKey names "idd", which is not in any row; did you mean "id"?'],
  ['a cursor that is a text', { cursor: 'name' }, 'cursor names "name", which is text and not a time'],
])('a slip in %s fails the table, which continues once the line is right', async (_, wrong, message) => {
  const api = await Api.open((response) => json(response, ROWS))
  const { run, sync, rows, warnings } = await world()
  const config = (more: object) => ({ baseUrl: api.url, tables: { items: { ...RIGHT, ...more } } })
  await sync(config({}))
  const [table] = (await run(config(wrong))).tables
  expect(table).toMatchObject({ status: 'failing', failures: [{ failure: { remedy: 'fix-config' } }] })
  expect(table!.failures[0]!.failure.message).toContain(message)
  expect(warnings.join()).not.toContain('paused')
  const updated_at = `${new Date(Date.now() - 120_000).toISOString().slice(0, 19)}Z`
  ROWS.push({ id: ROWS.length + 1, name: 'new', updated_at })
  expect((await sync(config({})))[0]).toMatchObject({ status: 'complete', rows: { deleted: 0 } })
  expect(await rows('SELECT count(*) AS n FROM api_items')).toEqual([{ n: ROWS.length }])
})

it('a slip in a column whose type is given is said once, with the nearest', async () => {
  const api = await Api.open((response) => json(response, ROWS))
  const { sync, warnings } = await world()
  const config = { baseUrl: api.url, tables: { items: { ...RIGHT, columns: { nmae: 'text', later: 'text' } } } }
  await sync(config)
  await sync(config)
  expect(warnings.filter((line) => line.includes('which is not in any row'))).toEqual([
    expect.stringContaining('tables.items.columns names "nmae", which is not in any row; did you mean "name"?'),
  ])
})

it('without a table nothing is configured yet', async () => {
  const { run } = await world()
  await expect(async () => run({ baseUrl: 'http://127.0.0.1:9', tables: {} })).rejects.toThrow(
    'nothing is configured to read yet: write tables here',
  )
})
