import { join } from 'node:path'
import { hours } from '@tidemark/core'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { type Found, report } from '../measure.ts'
import { processorSeconds } from '../processor.ts'
import { pagesOf, type Row } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// The last 100,000 of 500,000 known rows are read again by a lookback: as they were, and each of them changed. Processor
// seconds of this process and the server, so that what else runs on the machine counts for little.
const kind = process.argv[2] ?? 'postgres'
const ROWS = 500_000
const AGAIN = 100_000
const TURNS = 5
const END = '2024-01-02T00:00:00Z'

await report(async (folder) => {
  if (kind === 'sqlite') return await lookback(join(folder, 'rows.db'))
  const server = await startPostgres({ onDisk: true })
  try {
    return await lookback((await server.newSchema()).url, server)
  } finally {
    await server.stop()
  }
})

async function lookback(url: string, server?: PostgresServer): Promise<Found> {
  const all = [...pagesOf(0, ROWS)]
  const last = all.slice(-AGAIN / 1000)
  const read = (pages: readonly (readonly Row[])[]) =>
    runInto(url, ordersSource({ pages: () => pages, end: END, lookback: hours(24) }))
  await read(all)
  let day = 2
  // The end moves on, so that there is a gap whose lookback reaches under the covered end.
  const again = async (pages: readonly (readonly Row[])[]) => {
    const end = `2024-01-${String(++day).padStart(2, '0')}T00:00:00Z`
    await server?.execute('checkpoint')
    const source = ordersSource({ pages: () => pages, end, lookback: hours(24 * day) })
    return await processorSeconds(() => runInto(url, source), server)
  }
  await again(last)
  const unchanged: number[] = []
  const changed: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    const next = last.map((page) => page.map((row) => ({ ...row, note: `${row.note} ${turn}` })))
    changed.push(await again(next))
    unchanged.push(await again(next))
  }
  return {
    unchanged: Math.min(...unchanged),
    changed: Math.min(...changed),
    ratio: Math.min(...unchanged) / Math.min(...changed),
  }
}
