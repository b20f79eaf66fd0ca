import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Asked } from '../../database.ts'
import { dialect } from '../read.ts'
import { ask, type TextRow } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import type { LogCatalog } from './log-catalog.ts'
import type { LogChunks } from './log-chunks.ts'
import type { LogWorld } from './log-item.ts'
import { changesSince } from './shape-changes.ts'
import { sees } from './snapshot.ts'

interface Parts extends Asked {
  readonly sessions: Sessions
  readonly catalog: LogCatalog
  readonly chunks: LogChunks
}

/** The first and the longest wait for a commit that is in the log before others see it. */
const LOOK_MS = [5, 200] as const

/** What the reader of a log asks of its database. */
export function logWorld({ sessions, catalog, chunks, signal }: Parts): LogWorld {
  const query = (text: string, values: readonly unknown[]): Promise<TextRow[]> =>
    sessions.inTransaction(signal, (client) => ask(client, text, values))
  return {
    label: sessions.label,
    tableOf: (oid) => catalog.tableOf(oid, { signal }),
    isFoundAs: (table, relation, xid) => catalog.has(xid) || catalog.describes(table, relation),
    findAgain: async (xid, shapes) => {
      for (
        let waitMs: number = LOOK_MS[0];
        !sees(await catalog.now(signal), xid);
        waitMs = Math.min(waitMs * 2, LOOK_MS[1])
      )
        await sleep(waitMs, undefined, { signal })
      await catalog.again(signal)
      return await sessions.inTransaction(signal, (client) => changesSince(client, shapes, catalog))
    },
    heldUpTo: (name) => chunks.heldUpTo(name),
    truncated: (name) => chunks.truncated(name),
    snapshot: () => catalog.now(signal),
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
