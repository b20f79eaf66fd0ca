import { join } from 'node:path'
import { peakMegabytes, report } from '../measure.ts'
import { pagesOf } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// Rows are made as they are read, so all memory is that of the way from the page to the file.
const rows = Number(process.argv[2] ?? 1_000_000)

await report(async (folder) => {
  await runInto(join(folder, 'tidemark.db'), ordersSource({ pages: () => pagesOf(0, rows) }))
  return { rows, peak: peakMegabytes() }
})
