import type { ComparedScope, EncodedKey, Extent, StoredRow } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Connections, Dialect } from '../dialects/dialect.ts'
import type { EncodedRows } from '../dialects/encoded-rows.ts'
import { sameKey } from '../rows/merge.ts'
import { and, list } from '../rows/sql.ts'
import { dataColumns, dataTypes, type Layout, systemTypes } from '../table/columns.ts'

/** How the rows of one table are looked at. */
export interface StoredTable {
  /** Live rows of a scope. */
  extent(scope: ComparedScope): Promise<Extent>
  /** Rows of a scope, marked ones too, in no order, some at a time. */
  rows(scope: ComparedScope): AsyncIterable<readonly StoredRow[]>
  /** All rows, of whatever partition. */
  all(): AsyncIterable<readonly StoredRow[]>
  /** What tells in bytes whether rows are equal. Absent: the database has no such form. */
  readonly weights?: StoredWeights
  /** Rows of these keys, wherever on the cursor they lie. */
  rowsOf(keys: readonly EncodedKey[], partition: string): Promise<readonly StoredRow[]>
}

/** Bytes of rows that are the same for equal rows, with their positions, and for no others. */
export interface StoredWeights {
  ofEncoded(rows: EncodedRows): Iterable<Uint8Array>
  /** Of the live rows of a scope, some at a time. */
  live(scope: ComparedScope): AsyncIterable<Iterable<Uint8Array>>
}

/** So many rows, or of so many characters, are handed on at a time, as each is waited for at each hand. */
const AT_ONCE = 200
const CHARACTERS = 1_000_000

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
      let rows: StoredRow[] = []
      let characters = 0
      for await (const values of session.stream(query)) {
        for (const value of values) characters += (value as { readonly length?: number } | null)?.length ?? 0
        if (rows.push(rowOf(values)) < AT_ONCE && characters < CHARACTERS) continue
        yield rows
        rows = []
        characters = 0
      }
      yield rows
    })
  const live = (scope: ComparedScope) =>
    connections.reading(layout.name, async function* (session) {
      const where = sql`${within(scope)} and t._deleted_at is null`
      const own = list([...dataColumns(layout), '_cursor'], 't')
      yield* session.weights!(types, sql`select ${own} from ${target.table} as t where ${where}`)
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
    ...(dialect.weightsOf === undefined
      ? {}
      : { weights: { ofEncoded: (rows) => dialect.weightsOf!(types, rows), live } }),
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
