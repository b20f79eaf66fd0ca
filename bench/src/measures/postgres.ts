import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { from } from 'pg-copy-streams'
import { report, seconds } from '../measure.ts'
import { pagesOf, type Row } from '../rows.ts'
import { runInto } from '../run.ts'
import { ordersSource } from '../source.ts'

// The same rows, made beforehand, by psql and through the engine, against one server: a new table, all rows changed,
// and a lookback over rows that did or did not change.
const rows = Number(process.argv[2] ?? 1_000_000)
const turns = Number(process.argv[3] ?? 3)

const COLUMNS = `id bigint primary key, customer_id bigint, email text, status text, note text, amount double precision,
  paid boolean, created_at timestamptz, updated_at timestamptz, tags jsonb`

const escaped = (text: string): string => text.replace(/[\\\n\t\r]/g, (one) => `\\${one}`)

function* lines(pages: Iterable<readonly Row[]>): Generator<string> {
  for (const page of pages) {
    let text = ''
    for (const row of page) {
      const values = [
        row.id,
        row.customer_id,
        escaped(row.email),
        row.status,
        row.note === null ? '\\N' : escaped(row.note),
        row.amount,
        row.paid ? 't' : 'f',
        row.created_at,
        row.updated_at,
        escaped(JSON.stringify(row.tags)),
      ]
      text += `${values.join('\t')}\n`
    }
    yield text
  }
}

/** Runs statements through psql, or, where there is none, the same through a bare client. */
async function bySql(url: string, statements: readonly string[], file: string): Promise<void> {
  const script = statements.map((one) => (one.startsWith('copy ') ? `\\${one} from '${file}'` : `${one};`)).join('\n')
  const psql = spawn('psql', [url, '-q', '-X', '-v', 'ON_ERROR_STOP=1'], { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = new Promise<number | undefined>((resolve) => {
    psql.once('error', () => resolve(undefined))
    psql.once('exit', (code) => resolve(code ?? 1))
  })
  psql.stdin.on('error', () => {})
  psql.stdin.end(script)
  const code = await ended
  if (code === 0) return
  if (code !== undefined) throw new Error(`psql ended with ${code}`)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const one of statements) {
    if (one.startsWith('copy ')) await pipeline(createReadStream(file), client.query(from(`${one} from stdin`)))
    else await client.query(one)
  }
  await client.end()
}

const best = (all: readonly number[]): number => Math.min(...all)

async function inServer(server: PostgresServer, folder: string): Promise<Record<string, number>> {
  const pages = [...pagesOf(0, rows)]
  const changed = pages.map((page) =>
    page.map((row) => ({ ...row, note: `${row.note} again`, updated_at: row.updated_at.replace('2024', '2025') })),
  )
  const file = join(folder, 'rows.tsv')
  const changedFile = join(folder, 'changed.tsv')
  await pipeline(Readable.from(lines(pages)), createWriteStream(file))
  await pipeline(Readable.from(lines(changed)), createWriteStream(changedFile))
  const names = 'customer_id email status note amount paid created_at updated_at tags'.split(' ')
  const upsert = `insert into plain select * from fresh on conflict (id) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`
  const found: Record<'bare' | 'history' | 'bareAgain' | 'again', number[]> = {
    bare: [],
    history: [],
    bareAgain: [],
    again: [],
  }
  // By turns, so that a machine that slows down slows both.
  for (let turn = 0; turn < turns; turn++) {
    await server.execute(`drop table if exists plain; create table plain (${COLUMNS}); checkpoint`)
    found.bare.push(await seconds(() => bySql(server.url, ['copy plain'], file)))
    await server.execute('checkpoint')
    const { url, schema } = await server.newSchema()
    found.history.push(
      await seconds(() => runInto(url, ordersSource({ pages: () => pages, end: '2025-01-01T00:00:00Z' }))),
    )
    await server.execute('checkpoint')
    found.bareAgain.push(
      await seconds(() =>
        bySql(server.url, ['create temp table fresh (like plain)', 'copy fresh', upsert], changedFile),
      ),
    )
    await server.execute('checkpoint')
    found.again.push(
      await seconds(() => runInto(url, ordersSource({ pages: () => changed, end: '2026-01-01T00:00:00Z' }))),
    )
    await server.dropSchema(schema)
  }
  return {
    rows,
    bare: rows / best(found.bare),
    history: rows / best(found.history),
    historyRatio: best(found.bare) / best(found.history),
    bareAgain: rows / best(found.bareAgain),
    again: rows / best(found.again),
    againRatio: best(found.bareAgain) / best(found.again),
  }
}

await report(async (folder) => {
  const server = await startPostgres({ onDisk: true })
  try {
    return await inServer(server, folder)
  } finally {
    await server.stop()
  }
})
