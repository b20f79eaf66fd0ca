/** A source of ten daily windows a table, five rows each, of 2026 or up to now; each window takes so many milliseconds. */
export function pacedSource(
  tables: Readonly<Record<string, number>>,
  more = '',
  upTo: '2026' | 'now' = '2026',
): string {
  const ascii = JSON.stringify(tables).replace(
    /[\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const end = ${upTo === 'now' ? 'Date.now()' : "Date.parse('2026-01-11T00:00:00Z')"}
const table = (name, ms) => source.table({
  name,
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: new Date(end - 10 * 86_400_000).toISOString(),
  end: () => new Date(end).toISOString(),
  async *read({ from, to, signal, log }) {
    const pause = (time) => new Promise((resolve, reject) => {
      setTimeout(resolve, time)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    for (let id = 0; id < 5; id++) {
      await pause(ms / 5)
      yield [{ id: Math.floor(Date.parse(from) / 3_600_000) + id, at: from }]
    }
    ${more}
  },
})
export default register(source.with(Object.entries(${ascii}).map(([name, ms]) => table(name, ms))))
`
}
