import { join } from 'node:path'
import { startPostgres } from '@tidemark/postgres-server'
import { peakMegabytes, report } from '../measure.ts'
import { pagesOf } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// Rows are made as they are read, so all memory is that of the way from the page to the database.
const rows = Number(process.argv[2] ?? 1_000_000)
const kind = process.argv[3] ?? 'sqlite'
const source = ordersSource({ pages: () => pagesOf(0, rows) })

await report(async (folder) => {
  if (kind === 'sqlite') {
    await runInto(join(folder, 'tidemark.db'), source)
    return { rows, peak: peakMegabytes() }
  }
  const server = await startPostgres({ onDisk: true })
  try {
    await runInto((await server.newSchema()).url, source)
    return { rows, peak: peakMegabytes() }
  } finally {
    await server.stop()
  }
})
