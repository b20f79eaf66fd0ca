import { sql } from 'kysely'
import type { Asked } from '../../database.ts'
import { BEFORE } from '../before.ts'
import { dialect } from '../read.ts'
import { ask, type TextRow } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import type { LogCatalog } from './log-catalog.ts'
import type { LogChunks } from './log-chunks.ts'
import type { LogWorld } from './log-reader.ts'
import { parseSnapshot } from './snapshot.ts'

interface Parts extends Asked {
  readonly sessions: Sessions
  readonly catalog: LogCatalog
  readonly chunks: LogChunks
}

const DEFAULT = `
  SELECT coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::pg_catalog.text) FROM pg_catalog.pg_attribute a
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1::pg_catalog.oid AND a.attname = $2 AND (d.oid IS NOT NULL OR a.attidentity <> '')`

/** What the reader of a log asks of its database. */
export function logWorld({ sessions, catalog, chunks, signal }: Parts): LogWorld {
  const query = (text: string, values: readonly unknown[]): Promise<TextRow[]> =>
    sessions.inTransaction(signal, (client) => ask(client, text, values))
  return {
    label: sessions.label,
    tableOf: (oid) => catalog.tableOf(oid, { signal }),
    findAgain: (name) => catalog.again(name),
    shapes: () => catalog.shapes,
    heldUpTo: (name) => chunks.heldUpTo(name),
    truncated: (name) => chunks.truncated(name),
    filledWith: async ({ found }, column) => {
      const rows = await query(BEFORE, [found.details['oid'], column])
      const value = rows.map(([one]) => one).find((one) => one != null)
      if (value != null) return value
      // Each row got one of its own where the default is not the same for all.
      const [row] = await query(DEFAULT, [found.details['oid'], column])
      return row?.[0] ?? undefined
    },
    snapshot: async () => {
      const [row] = await query('SELECT pg_catalog.pg_current_snapshot()::text', [])
      return parseSnapshot(row![0]!)
    },
    madeByServer: async (table, rows) => {
      for (const { name, select, decode } of table.columns) {
        if (select === undefined) continue
        const { kind } = table.found.columns.find((one) => one.name === name)!
        const held = rows.filter((row) => typeof row[name] === 'string')
        if (held.length === 0) continue
        const value = sql<unknown>`v::${sql.raw(kind)}`
        const { sql: text, parameters } = dialect.compile(
          sql`select ${select(value)} from unnest(${held.map((row) => row[name])}::text[]) with ordinality t(v, n) order by n`,
        )
        for (const [at, [made]] of (await query(text, parameters)).entries())
          held[at]![name] = made == null || decode === undefined ? made : decode(made as never)
      }
    },
  }
}
