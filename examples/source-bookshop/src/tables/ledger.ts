import { z } from 'zod'
import { bookshop } from '../source.ts'

export const ledger = bookshop.table({
  name: 'ledger',
  row: z.object({ line: z.int(), booked_on: z.iso.date(), text: z.string() }),
  primaryKey: ['line'],
  cursor: 'booked_on',
  deletions: 'reported',
  async revision({ client, previous }) {
    const { lastLine, closedYear, corrections } = await client.ledger()
    const revision = `${corrections}:${lastLine}`
    if (previous === undefined || previous.startsWith(`${corrections}:`)) return revision
    // Since the last sync, lines of the last closed year were corrected.
    return { revision, stale: [{ from: `${closedYear}-01-01`, to: `${closedYear + 1}-01-01` }] }
  },
  async *read({ client, from, to, signal }) {
    yield* client.pages<{ line: number; booked_on: string; text: string }>('/ledger', { from: from ?? '', to }, signal)
  },
})
