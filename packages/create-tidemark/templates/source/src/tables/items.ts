import { days } from '@tidemark/core'
import { z } from 'zod'
import { acmeSource } from '../source.ts'

export const items = acmeSource.table({
  name: 'items',
  row: z.object({
    id: z.int().describe('the number of the item'),
    name: z.string().describe('what it is called'),
    updated_at: z.iso.datetime().describe('when it was last changed'),
  }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  // The system does not tell what was removed. One that does: deletions: 'reported', and yield deleted([…]).
  deletions: 'unseen',
  window: days(30),
  async *read({ client, from, to, signal }) {
    yield* client.items({ ...(from === undefined ? {} : { from }), to }, signal)
  },
})
