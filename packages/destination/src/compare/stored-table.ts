import type { ComparedScope, EncodedKey, Extent, StoredRow } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Connections, Dialect } from '../dialects/dialect.ts'
import { sameKey } from '../rows/merge.ts'
import { and, list } from '../rows/sql.ts'
import { dataColumns, dataTypes, type Layout, systemTypes } from '../table/columns.ts'

/** How the rows of one table are looked at. */
export interface StoredTable {
  /** Live rows of a scope. */
  extent(scope: ComparedScope): Promise<Extent>
  /** Rows of a scope, marked ones too, in no order. */
  rows(scope: ComparedScope): AsyncIterable<StoredRow>
  /** All rows, of whatever partition. */
  all(): AsyncIterable<StoredRow>
  /** Rows of these keys, wherever on the cursor they lie. */
  rowsOf(keys: readonly EncodedKey[], partition: string): Promise<readonly StoredRow[]>
}

/** The rows of one table, as they stand. */
export function storedTable(connections: Connections, dialect: Dialect, layout: Layout): StoredTable {
  const { decode } = dialect
  const { partitioned, fed, runs } = layout
  const target = { layout, table: dialect.table(layout.name) }
  const types = dataTypes(layout)
  const decoders = types.map((type) => decode[type])
  const width = types.length
  const system = systemTypes(layout).map(([name]) => name)
  const selected = list([...dataColumns(layout), ...system], 't')
  const rowOf = (values: readonly unknown[]): StoredRow => ({
    values: decoders.map((decoder, at) => decoder(values[at])),
    position: decode.integer(values[width]) as bigint | null,
    syncedAt: decode.timestamp(values[width + 1]) as string | null,
    deletedAt: decode.timestamp(values[width + 2]) as string | null,
    partition: partitioned ? String(values[width + 3]) : '',
    ...(fed ? { missing: decode.text(values[width + (partitioned ? 4 : 3)]) as string | null } : {}),
    ...(runs ? { run: decode.integer(values[width + system.length - 1]) as bigint | null } : {}),
  })
  const within = ({ partition, window }: ComparedScope) =>
    and([
      ...(partitioned ? [sql`t._partition = ${partition}`] : []),
      ...(window?.from === undefined ? [] : [sql`t._cursor >= ${window.from}`]),
      ...(window === undefined ? [] : [sql`t._cursor < ${window.to}`]),
    ])
  const read = (condition: RawBuilder<unknown>) =>
    connections.reading(layout.name, async function* (session) {
      const query = sql`select ${selected} from ${target.table} as t where ${condition}`
      for await (const values of session.stream(query)) yield rowOf(values)
    })
  return {
    async extent(scope) {
      const [row] = await connections.transaction({ mode: 'read', table: layout.name }, (session) =>
        session.rows(sql`select count(*), min(_cursor), max(_cursor) from ${target.table} as t
          where ${within(scope)} and t._deleted_at is null`),
      )
      const [rows, lowest, highest] = row!.map((value) => decode.integer(value) as bigint | null)
      return { rows: Number(rows), lowest: lowest ?? undefined, highest: highest ?? undefined }
    },
    rows: (scope) => read(within(scope)),
    all: () => read(sql`true`),
    async rowsOf(keys, partition) {
      const mode = dialect.looksUpBy === 'values' ? 'read' : 'part'
      return await connections.transaction({ mode, table: layout.name }, async (session) => {
        const found: StoredRow[] = []
        const wanted = keys.map((key) => [...key, null])
        await session.withKeys(target, wanted, async (source) => {
          const same = sameKey(layout, { partition: sql`${partition}` })
          const query = sql`select ${selected} from ${target.table} as t join ${source} as s on ${same}`
          for await (const values of session.stream(query)) found.push(rowOf(values))
          return 0
        })
        return found
      })
    },
  }
}
