import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'
import type { Filled } from '../../table/schema-editor.ts'
import { TEXT_CODEC } from '../../values/codec.ts'
import { mainTable } from './names.ts'

/** So many rows are filled at a stretch; then the process does what else it has to. */
const SIZE = 50_000

/** Gives a column a value in all rows, marked ones too. Readers see the file as it was until all is done. */
export async function fillColumn(
  db: Kysely<StateDatabase>,
  raw: DatabaseSync,
  table: string,
  { column, type, fill }: Filled,
): Promise<void> {
  const value = fill === undefined ? undefined : TEXT_CODEC.stored[type](fill)
  if (value === undefined || value === null) return
  const rows = sql`(select _rowid_ from ${mainTable(table)} where _rowid_ > ?1 order by _rowid_ limit ${sql.lit(SIZE)})`
  const last = raw.prepare(sql`select max(_rowid_) from ${rows}`.compile(db).sql)
  last.setReadBigInts(true)
  last.setReturnArrays(true)
  const some = raw.prepare(
    sql`update ${mainTable(table)} set ${sql.id(column)} = ?3 where _rowid_ > ?1 and _rowid_ <= ?2`.compile(db).sql,
  )
  for (let after = -(2n ** 63n); ; ) {
    const [to] = last.get(after) as unknown as readonly (bigint | null)[]
    if (to == null) return
    some.run(after, to, value as SQLInputValue)
    after = to
    await setImmediate()
  }
}
