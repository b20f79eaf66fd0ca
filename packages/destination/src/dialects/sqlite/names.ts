import { type RawBuilder, sql } from 'kysely'
import { list } from '../../rows/sql.ts'

/** The table itself, whatever else carries its name. */
export const mainTable = (name: string): RawBuilder<unknown> => sql.id('main', name)

/** The name of a staging table, which is in the temporary schema. */
export const stagingName = (slot: number): string => `_tidemark_staging_${slot}`

/** Resyncs look rows up by their position; loads do not, so a table with a key has this index only from its first resync. */
export function indexPositions(
  { name, partitioned }: { readonly name: string; readonly partitioned: boolean },
  lease: number,
): RawBuilder<unknown> {
  const columns = list(partitioned ? ['_partition', '_cursor'] : ['_cursor'])
  return sql`create index if not exists ${sql.id('main', `_tidemark_position_${lease}`)} on ${sql.id(name)} (${columns})`
}
