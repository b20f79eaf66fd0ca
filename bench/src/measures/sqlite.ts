import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { report, seconds } from '../measure.ts'
import { pagesOf, type Row } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// The same rows, made beforehand, once through a bare prepared loop and once through the engine.
const rows = Number(process.argv[2] ?? 1_000_000)
const PART = 50_000

function bareLoop(file: string, pages: readonly (readonly Row[])[]): void {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY NOT NULL, customer_id INTEGER, email TEXT, status TEXT, note TEXT,
    amount REAL, paid INTEGER, created_at TEXT, updated_at TEXT, tags TEXT) STRICT`)
  const insert = db.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  let open = 0
  for (const page of pages) {
    if (open === 0) db.exec('BEGIN')
    for (const row of page) {
      insert.run(
        row.id,
        row.customer_id,
        row.email,
        row.status,
        row.note,
        row.amount,
        row.paid ? 1 : 0,
        row.created_at,
        row.updated_at,
        JSON.stringify(row.tags),
      )
    }
    open += page.length
    if (open >= PART) {
      db.exec('COMMIT')
      open = 0
    }
  }
  if (open > 0) db.exec('COMMIT')
  db.close()
}

await report(async (folder) => {
  const pages = [...pagesOf(0, rows)]
  const warm = pages.slice(0, 50)
  bareLoop(join(folder, 'warm-bare.db'), warm)
  await runInto(join(folder, 'warm.db'), ordersSource({ pages: () => warm }))
  const bare: number[] = []
  const tidemark: number[] = []
  // By turns, so that a machine that slows down slows both.
  for (let turn = 0; turn < 3; turn++) {
    bare.push(await seconds(() => bareLoop(join(folder, `bare-${turn}.db`), pages)))
    tidemark.push(
      await seconds(() => runInto(join(folder, `tidemark-${turn}.db`), ordersSource({ pages: () => pages }))),
    )
  }
  const best = (all: readonly number[]): number => Math.min(...all)
  return { rows, bare: rows / best(bare), tidemark: rows / best(tidemark), ratio: best(bare) / best(tidemark) }
})
