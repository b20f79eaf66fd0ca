import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { copyOf, Runner } from './runner.ts'

it('a connector that tracks its tables runs unmodified: a new one gets its history, the others go on', async () => {
  const folder = copyOf('tracked_tables')
  const runner = new Runner()
  await runner.sync(folder)
  const start = '2024-01-01T00:00:00.000Z'
  for (const table of ['A', 'B', 'C'])
    expect(runner.rows(table)).toEqual([{ message: `syncing ${table} since ${start}` }])
  expect(runner.said('info')).toEqual(['A', 'B', 'C'].map((table) => `${table} is new, needs history from ${start}`))
  const first = runner.offset as { state: { to_timestamp: string; synced_tables: string[] } }
  expect(first).toEqual({ state: { to_timestamp: expect.stringMatching(/^20.*Z$/), synced_tables: ['A', 'B', 'C'] } })

  const path = join(folder, 'connector.py')
  writeFileSync(path, readFileSync(path, 'utf8').replace('["A", "B", "C"]', '["A", "B", "C", "D"]'))
  runner.log.length = 0
  await runner.sync(folder)
  expect(runner.said('info')).toEqual([`D is new, needs history from ${start}`])
  expect(runner.rows('D')).toEqual([{ message: `syncing D since ${start}` }])
  const last = first.state.to_timestamp
  for (const table of ['A', 'B', 'C']) {
    expect(runner.rows(table)).toEqual([
      { message: `syncing ${table} since ${start}` },
      { message: `syncing ${table} since ${last}` },
    ])
  }
  expect(runner.offset).toMatchObject({ state: { synced_tables: ['A', 'B', 'C', 'D'] } })
  expect(runner.said('debug')).toContain(`A was synced before, go back to ${last}`)
})
