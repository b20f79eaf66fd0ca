import { hours } from '@tidemark/core'
import { startPostgres } from '@tidemark/postgres-server'
import { report, seconds } from '../measure.ts'
import { pagesOf, type Row } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// The last 100,000 of 500,000 known rows are read again by a lookback: as they were, and each of them changed.
const ROWS = 500_000
const AGAIN = 100_000
const END = '2024-01-02T00:00:00Z'

await report(async () => {
  const server = await startPostgres({ onDisk: true })
  try {
    const { url } = await server.newSchema()
    const all = [...pagesOf(0, ROWS)]
    const last = all.slice(-AGAIN / 1000)
    const read = (pages: readonly (readonly Row[])[]) =>
      runInto(url, ordersSource({ pages: () => pages, end: END, lookback: hours(24) }))
    await read(all)
    let day = 2
    // The end moves on, so that there is a gap whose lookback reaches under the covered end.
    const again = async (pages: readonly (readonly Row[])[]) => {
      const end = `2024-01-${String(++day).padStart(2, '0')}T00:00:00Z`
      await server.execute('checkpoint')
      return await seconds(() => runInto(url, ordersSource({ pages: () => pages, end, lookback: hours(24 * day) })))
    }
    await again(last)
    const unchanged: number[] = []
    const changed: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      const next = last.map((page) => page.map((row) => ({ ...row, note: `${row.note} ${turn}` })))
      changed.push(await again(next))
      unchanged.push(await again(next))
    }
    return {
      unchanged: Math.min(...unchanged),
      changed: Math.min(...changed),
      ratio: Math.min(...unchanged) / Math.min(...changed),
    }
  } finally {
    await server.stop()
  }
})
