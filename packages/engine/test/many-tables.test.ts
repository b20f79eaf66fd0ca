import { defineSource, type Source } from '@tidemark/core'
import { onFailpoint } from '@tidemark/core/engine'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { openMemory } from './system.ts'

const TABLES = 250

it('many new tables take one commit each for their rows, and few for all of them', async () => {
  const memory = await openMemory()
  onTestFinished(() => memory.close())
  let commits = 0
  onFailpoint((point) => {
    if (point === 'before-commit') commits++
  })
  onTestFinished(() => onFailpoint(undefined))
  const shop = defineSource({ name: 'shop' })
  const tables = Array.from({ length: TABLES }, (_, at) =>
    shop.table({
      name: `t${at}`,
      row: z.object({ id: z.int(), at: z.iso.datetime() }),
      primaryKey: ['id'],
      cursor: 'at',
      start: '2026-01-01T00:00:00Z',
      end: () => '2026-01-01T01:00:00Z',
      async *read() {
        yield [{ id: 1, at: '2026-01-01T00:30:00Z' }]
      },
    }),
  )
  const options = { name: 'shop', source: shop.with(tables) as Source, config: {}, options: {} }
  const report = await sync({ sources: [options], destination: memory })
  expect(report.tables.filter(({ status, rows }) => status === 'complete' && rows.written === 1)).toHaveLength(TABLES)
  expect(commits).toBeGreaterThanOrEqual(TABLES)
  expect(commits).toBeLessThan(TABLES + 30)
})
