import { startPostgres } from '@tidemark/postgres-server'
import { report, seconds } from '../measure.ts'
import { pagesOf } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// The histories of ten tables, one after another and all at once.
const TABLES = 10
const ROWS = 100_000

await report(async () => {
  const server = await startPostgres({ onDisk: true })
  try {
    const pages = [...pagesOf(0, ROWS)]
    const source = ordersSource({ pages: () => pages, tables: TABLES, end: '2025-01-01T00:00:00Z' })
    const found: Record<'one' | 'all', number[]> = { one: [], all: [] }
    for (let turn = 0; turn < 3; turn++) {
      for (const [name, concurrency] of [
        ['one', 1],
        ['all', TABLES],
      ] as const) {
        const { url, schema } = await server.newSchema()
        await server.execute('checkpoint')
        const settings = { concurrency, perSource: concurrency }
        found[name].push(await seconds(() => runInto(url, source, { settings })))
        await server.dropSchema(schema)
      }
    }
    const [one, all] = [Math.min(...found.one), Math.min(...found.all)]
    return { rows: TABLES * ROWS, one, all, ratio: one / all }
  } finally {
    await server.stop()
  }
})
