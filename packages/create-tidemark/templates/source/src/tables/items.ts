import { days } from '@tidemark/core'
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
  // The system does not report deleted rows. If yours does, set deletions: 'reported', and yield deleted([…]).
  deletions: 'unseen',
  window: days(30),
  async *read({ client, from, to, signal }) {
    yield* client.items({ ...(from === undefined ? {} : { from }), to }, signal)
  },
})
