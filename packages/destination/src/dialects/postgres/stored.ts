import type { ColumnType, StoredRow } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { StoredTable } from '../../compare/stored-table.ts'
import { dataColumns, dataTypes, type Layout } from '../../table/columns.ts'
import { fetched } from './fetched.ts'
import { decodeText } from './forms.ts'
import { withPart } from './load.ts'
import { explainingReadLock, unlocked } from './locks.ts'
import type { Sessions } from './sessions.ts'
import { and, inScope, mainTable, sameKey } from './statements.ts'

/** The rows of one table in Postgres, as they stand. */
export function storedTable(sessions: Sessions, schema: string, layout: Layout): StoredTable {
  const { partitioned } = layout
  const target = { layout, schema }
  const types: readonly ColumnType[] = dataTypes(layout)
  const width = types.length
  const selected = (alias: string) =>
    sql.join(
      [...dataColumns(layout), '_cursor', '_synced_at', '_deleted_at', ...(partitioned ? ['_partition'] : [])].map(
        (name) => sql`${sql.raw(alias)}.${sql.id(name)}`,
      ),
    )
  const rowOf = (values: readonly (string | null)[]): StoredRow => ({
    values: types.map((type, at) => decodeText(values[at]!, type)),
    position: values[width] === null ? null : BigInt(values[width]!),
    syncedAt: decodeText(values[width + 1]!, 'timestamp') as string | null,
    deletedAt: decodeText(values[width + 2]!, 'timestamp') as string | null,
    partition: partitioned ? String(values[width + 3]) : '',
  })
  const within = ({ partition, window }: Parameters<StoredTable['rows']>[0]) =>
    inScope({ partition: partitioned ? partition : undefined, from: window?.from, to: window?.to })
  const place = { schema, name: layout.name }
  const read = (condition: RawBuilder<unknown>) => {
    const rows = sessions.reading(async function* (session) {
      const query = sql`select ${selected('t')} from ${mainTable(target)} as t where ${condition}`
      for await (const values of fetched(session, query)) yield rowOf(values)
    })
    return unlocked(sessions, place, rows)
  }
  return {
    async extent(scope) {
      const asking = sessions.transaction({ mode: 'read' }, async ({ db }) => {
        const query = sql<{ rows: bigint; lowest: bigint | null; highest: bigint | null }>`select count(*) as rows,
          min(_cursor) as lowest, max(_cursor) as highest from ${mainTable(target)} as t where ${within(scope)} and t._deleted_at is null`
        return (await query.execute(db)).rows
      })
      const [row] = await asking.catch(explainingReadLock(sessions, place))
      return { rows: Number(row!.rows), lowest: row!.lowest ?? undefined, highest: row!.highest ?? undefined }
    },
    rows: (scope) => read(within(scope)),
    all: () => read(sql`true`),
    async rowsOf(keys, partition) {
      const { keyAt } = layout
      const rows = keys.map((key) => {
        const row: unknown[] = new Array(width + 1).fill(null)
        for (const [n, at] of keyAt.entries()) row[at] = key[n]
        return row
      })
      const asking = sessions.transaction({ mode: 'part' }, async (session) =>
        withPart(session, target, rows, async (part) => {
          const same = sameKey(layout, { partition })
          const query = sql`select ${selected('t')} from ${mainTable(target)} as t join ${part} as s on ${and([same])}`
          const found: StoredRow[] = []
          for await (const values of fetched(session, query)) found.push(rowOf(values))
          return found
        }),
      )
      return await asking.catch(explainingReadLock(sessions, place))
    },
    close() {},
  }
}
