import { z } from 'zod'
import { bookshop } from '../source.ts'

export const ledger = bookshop.table({
  name: 'ledger',
  row: z.object({ line: z.int(), booked_on: z.iso.date(), text: z.string() }),
  primaryKey: ['line'],
  cursor: 'booked_on',
  async revision({ client, previous }) {
    const { lastLine, closedYear } = await client.ledger()
    const revision = `${closedYear}:${lastLine}`
    if (previous === undefined || previous.startsWith(`${closedYear}:`)) return revision
    // A year was closed since the last pass, and lines of it were put right.
    return { revision, stale: [{ from: `${closedYear}-01-01`, to: `${closedYear + 1}-01-01` }] }
  },
  async *read({ client, from, to, signal }) {
    yield* client.pages<{ line: number; booked_on: string; text: string }>('/ledger', { from: from ?? '', to }, signal)
  },
})
