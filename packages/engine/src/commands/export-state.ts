import {
  type Contents,
  exportedKinds,
  type ReadOnlyDestination,
  type RecordChunk,
  redactJson,
  writeState,
} from '@tidemark/core/engine'
import { knownTables } from '../lease/known-tables.ts'

export interface ExportOptions {
  readonly signal: AbortSignal
  readonly onTable: (table: string, done: number, of: number) => void
  /** Removes secrets from texts of people and errors. */
  readonly redact: (text: string) => string
}

/** Free texts that came from outside. */
const FREE_TEXTS = ['last_error', 'lost_for', 'message', 'payload', 'paused_for'] as const

/** Exports the state of every table, with a checksum over its rows. Takes no lease. */
export async function exportState(
  destination: Pick<ReadOnlyDestination, 'relocation' | 'now'>,
  { signal, onTable, redact }: ExportOptions,
): Promise<unknown> {
  const { relocation } = destination
  const records: RecordChunk[] = []
  for (const kind of exportedKinds()) {
    for await (const chunk of relocation.records(kind)) {
      records.push({ kind, records: chunk.records.map((record) => said(record, redact)) })
      signal.throwIfAborted()
    }
  }
  const tables = records.flatMap((chunk) => (chunk.kind === 'tables' ? chunk.records : []))
  const known = knownTables(tables)
  const contents = new Map<string, Contents | null>()
  for (const [at, table] of known.entries()) {
    contents.set(table.name, (await relocation.contents(table)) ?? null)
    onTable(table.name, at + 1, known.length)
    signal.throwIfAborted()
  }
  const now = new Date(Number((await destination.now()) / 1000n)).toISOString()
  return writeState({ contents, records }, now)
}

function said(record: RecordChunk['records'][number], redact: (text: string) => string) {
  const clean = { ...record }
  for (const name of FREE_TEXTS) {
    const text = clean[name]
    if (typeof text === 'string') clean[name] = name === 'payload' ? redactJson(text, redact) : redact(text)
  }
  return clean
}
