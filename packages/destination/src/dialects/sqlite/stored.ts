import type { SQLInputValue } from 'node:sqlite'
import type { StoredRow } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import type { StoredTable } from '../../compare/stored-table.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import { dataColumns, dataTypes, type Layout } from '../../table/columns.ts'
import { decode } from '../../values/decode.ts'
import type { ReadingConnection } from './reading-connection.ts'
import { mainTable } from './statements.ts'

const { id, join } = sql

/** So many parameters one statement is given for keys. */
const PARAMETERS = 10_000

/** The rows of one table in SQLite, as they stand. */
export function storedTable(db: Kysely<StateDatabase>, { raw, close }: ReadingConnection, layout: Layout): StoredTable {
  const { name, key, partitioned, globalKey } = layout
  const types = dataTypes(layout)
  const system = ['_cursor', '_synced_at', '_deleted_at', ...(partitioned ? ['_partition'] : [])]
  const selected = join([...dataColumns(layout), ...system].map((column) => id(column)))
  const width = types.length
  const rowOf = (values: readonly unknown[]): StoredRow => ({
    values: types.map((type, at) => decode(values[at], type)),
    position: values[width] as bigint | null,
    syncedAt: values[width + 1] as string | null,
    deletedAt: values[width + 2] as string | null,
    partition: partitioned ? String(values[width + 3]) : '',
  })
  const prepared = (query: RawBuilder<unknown>) => {
    const { sql: text, parameters } = query.compile(db)
    const statement = raw.prepare(text)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    return {
      statement,
      parameters: parameters as readonly SQLInputValue[],
    }
  }
  const where = ({ partition, window }: Parameters<StoredTable['rows']>[0]) => {
    const conditions = [
      ...(partitioned ? [sql`_partition = ${partition}`] : []),
      ...(window?.from === undefined ? [] : [sql`_cursor >= ${window.from}`]),
      ...(window === undefined ? [] : [sql`_cursor < ${window.to}`]),
    ]
    return conditions.length === 0 ? sql`true` : join(conditions, sql` and `)
  }
  async function* read(condition: RawBuilder<unknown>): AsyncGenerator<StoredRow> {
    const { statement, parameters } = prepared(sql`select ${selected} from ${mainTable(name)} where ${condition}`)
    for (const row of statement.iterate(...parameters)) yield rowOf(row as unknown as readonly unknown[])
  }
  return {
    async extent(scope) {
      const query = sql`select count(*), min(_cursor), max(_cursor) from ${mainTable(name)} where ${where(scope)} and _deleted_at is null`
      const { statement, parameters } = prepared(query)
      const [rows, lowest, highest] = statement.get(...parameters) as unknown as readonly (bigint | null)[]
      return { rows: Number(rows), lowest: lowest ?? undefined, highest: highest ?? undefined }
    },
    rows: (scope) => read(where(scope)),
    all: () => read(sql`true`),
    async rowsOf(keys, partition) {
      const own = partitioned && !globalKey ? sql` and _partition = ${partition}` : sql``
      const found: StoredRow[] = []
      for (const some of chunks(keys, Math.max(1, Math.floor(PARAMETERS / key.length)))) {
        const values = some.map((one) => sql`(${join(one)})`)
        const query = sql`select ${selected} from ${mainTable(name)} where (${join(key.map((column) => id(column)))}) in (values ${join(values)})${own}`
        const { statement, parameters } = prepared(query)
        found.push(...statement.all(...parameters).map((row) => rowOf(row as unknown as readonly unknown[])))
      }
      return found
    },
    close,
  }
}
