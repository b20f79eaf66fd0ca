import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Source } from '@tidemark/core'
import files from '@tidemark/source-files'
import { report, seconds } from '../measure.ts'
import { runInto } from '../run.ts'

// Three million real flights of the npm package vega-datasets, from Parquet into SQLite.
const folder = fileURLToPath(new URL('../../node_modules/vega-datasets', import.meta.url))

await report(async (target) => {
  const source = files as Source
  const config = { tables: { flights: { path: join(folder, 'data/flights-3m.parquet') } } }
  let rows = 0
  const took = await seconds(async () => {
    const done = await runInto(join(target, 'tidemark.db'), source, { config })
    rows = done.tables.reduce((sum, table) => sum + table.rows.written, 0)
  })
  return { rows, seconds: took, perSecond: rows / took }
})
