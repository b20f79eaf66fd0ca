import { defineSource, type Source } from '@tidemark/core'
import { z } from 'zod'

/** The rows that the healthy source has. */
export const HEALTHY_ROWS = 3

/** A source that does all at once, under a name of its own. */
export function healthySource(name: string): Source {
  const source = defineSource({ name, config: z.object({}) })
  const table = source.table({
    name: 'rows',
    row: z.object({ id: z.int() }),
    primaryKey: ['id'],
    async *read() {
      yield Array.from({ length: HEALTHY_ROWS }, (_, id) => ({ id }))
    },
  })
  return source.with([table as never]) as Source
}
