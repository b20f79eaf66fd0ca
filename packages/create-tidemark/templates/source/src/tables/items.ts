import { byCursor, pages } from '@tidemark/http'
import { z } from 'zod'
import { acmeSource } from '../source.ts'

export const items = acmeSource.table({
  name: 'items',
  row: z.object({
    id: z.int().describe('the number of the item'),
    name: z.string().describe('the name of the item'),
    updated_at: z.iso.datetime().describe('when the item was last changed'),
  }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  // No item is older, so no backfill reads windows before it, wherever a user lets it start.
  start: '2025-01-01T00:00:00Z',
  window: '30d',
  // The system does not report deleted rows. If yours does, set deletions: 'reported', and yield deleted([…]).
  deletions: 'unseen',
  async *read({ client, from, to, signal }) {
    const list = pages(client, {
      request: { path: '/items', query: { from, to }, signal },
      paging: byCursor({ at: 'next', parameter: 'after' }),
      rows: 'items',
    })
    for await (const { rows } of list) yield rows
  },
})
