import { sql } from 'kysely'
import { systemColumns } from '../../rows/merge.ts'
import { dataColumns, dataTypes } from '../../table/columns.ts'
import type { LoadInto } from '../dialect.ts'
import type { EncodedRows } from '../encoded-rows.ts'
import type { Target } from '../target.ts'
import { COPY_FIELDS } from './column-types.ts'
import { copyIn } from './copy-in.ts'
import { CopyRows, field, type Suffix, smallField } from './copy-rows.ts'
import { stamp } from './moments.ts'
import type { Reserved } from './sessions.ts'

/** Copies encoded rows into a table. */
export async function copyInto(
  { client, db }: Reserved,
  { table, columns, types, entries }: LoadInto,
  rows: EncodedRows,
  more: Suffix & { readonly columns: readonly string[] } = suffixOf(entries),
): Promise<number> {
  const names = [...columns, ...more.columns].map((name) => sql.id(name))
  const { sql: text } = sql`copy ${table} (${sql.join(names)}) from stdin (format binary)`.compile(db)
  const fields = types.map((type) => COPY_FIELDS[type])
  return await copyIn(client, text, new CopyRows(fields, more).chunks(rows))
}

function suffixOf(entries: LoadInto['entries']): Suffix & { readonly columns: readonly string[] } {
  if (entries === undefined) return { fields: 0, bytes: Buffer.alloc(0), columns: [] }
  return { fields: 1, bytes: smallField(entries.kind), countFrom: entries.from, columns: ['_kind', '_at'] }
}

/** The values of a table's encoded rows, and their positions. */
export function loadOf({ layout, table }: Target): LoadInto {
  return { table, columns: [...dataColumns(layout), '_cursor'], types: [...dataTypes(layout), 'integer'] }
}

/** Copies rows straight into their table. */
export async function copyStraight(
  session: Reserved,
  target: Target,
  rows: EncodedRows,
  { now, partition, run }: { readonly now: bigint; readonly partition: string; readonly run: number },
): Promise<number> {
  const { partitioned, runs } = target.layout
  const synced = field(stamp(now) as number)
  const bytes = Buffer.concat([synced, ...(partitioned ? [field(partition)] : []), ...(runs ? [field(run)] : [])])
  const columns = systemColumns(target.layout).slice(1)
  return await copyInto(session, loadOf(target), rows, { fields: columns.length, bytes, columns })
}
