import { join } from 'node:path'
import { report, seconds } from '../measure.ts'
import { pagesOf } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// A hundred known tables and nothing new: what a schedule of every minute pays.
await report(async (folder) => {
  const file = join(folder, 'tidemark.db')
  const source = ordersSource({ pages: () => pagesOf(0, 100), tables: 100 })
  await runInto(file, source)
  return { seconds: await seconds(() => runInto(file, source)) }
})
