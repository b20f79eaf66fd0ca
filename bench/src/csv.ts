import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Source } from '@tidemark/core'
import files from '@tidemark/source-files'
import { pagesOf, type Row } from './rows.ts'

const COLUMNS = Object.keys({
  id: 0,
  customer_id: 0,
  email: 0,
  status: 0,
  note: 0,
  amount: 0,
  paid: 0,
  created_at: 0,
  updated_at: 0,
  tags: 0,
} satisfies Record<keyof Row, 0>)

/** Writes so many rows as CSV. @returns the table of `source-files` that reads them. */
export async function csvOf(file: string, rows: number) {
  await pipeline(Readable.from(lines(rows)), createWriteStream(file))
  const config = { tables: { orders: { path: file, primaryKey: ['id'], minAge: '0s' } } }
  return { source: files as Source, config, table: 'files_orders' }
}

function* lines(rows: number): Generator<string> {
  yield `${COLUMNS.join(',')}\n`
  for (const page of pagesOf(0, rows)) {
    let text = ''
    for (const row of page) text += `${COLUMNS.map((name) => fieldOf(row[name as keyof Row])).join(',')}\n`
    yield text
  }
}

function fieldOf(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'object' ? `"${JSON.stringify(value).replaceAll('"', '""')}"` : String(value)
}
