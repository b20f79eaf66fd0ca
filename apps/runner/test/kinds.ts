/** One table of each way to commit: by key in windows, in ascending order, without a key, whole, and by partition. */
export const KINDS = ['keyed', 'ascending', 'keyless', 'whole', 'parts'] as const
export const ROWS = 40 * 24 * 20

export const KINDS_SOURCE = `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'kinds' })
const START = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000
const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
const rowsOf = (from, to) => {
  const rows = []
  for (let id = 0; id < ${ROWS}; id++) {
    const at = START + Math.floor(id / 20) * HOUR
    if (at >= Date.parse(from ?? '2000-01-01') && at < Date.parse(to ?? '2100-01-01')) rows.push({ id, at: new Date(at).toISOString(), note: 'row ' + id })
  }
  return rows
}
async function* pages(rows) {
  for (let at = 0; at < rows.length; at += 500) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield rows.slice(at, at + 500)
  }
}
const common = { row, cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => '2026-02-10T00:00:00Z', async *read({ from, to }) { yield* pages(rowsOf(from, to)) } }
const half = source.partitions(() => ['even', 'odd'])
export default register(source.with([
  source.table({ ...common, name: 'keyed', primaryKey: ['id'], window: days(2) }),
  source.table({ ...common, name: 'ascending', primaryKey: ['id'], ordered: 'ascending' }),
  source.table({ ...common, name: 'keyless', window: days(2) }),
  source.table({ name: 'whole', row, primaryKey: ['id'], read: () => pages(rowsOf()) }),
  source.table({ name: 'parts', row, primaryKey: ['id'], partitions: half, async *read({ partition }) {
    yield* pages(rowsOf().filter((one) => (one.id % 2 === 0) === (partition === 'even')))
  } }),
]))
`
