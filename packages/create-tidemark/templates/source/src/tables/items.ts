import { days } from '@tidemark/core'
import { z } from 'zod'
import { acmeSource } from '../source.ts'

export const items = acmeSource.table({
  name: 'items',
  row: z.object({ id: z.int(), name: z.string(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  window: days(30),
  async *read({ client, from, to, signal }) {
    yield* client.items({ ...(from === undefined ? {} : { from }), to }, signal)
  },
})
