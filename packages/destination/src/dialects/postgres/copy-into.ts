import type { BinaryRows } from '@tidemark/core/engine'
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
  return await copyIn(client, statement(db, table, [...columns, ...more.columns]), rowsOf(types, more).chunks(rows))
}

/** Copies rows that are in the binary form already into a table. */
export async function copyBinary(
  { client, db }: Reserved,
  { table, columns, types, entries }: LoadInto,
  rows: BinaryRows,
  more: Suffix & { readonly columns: readonly string[] } = suffixOf(entries),
): Promise<number> {
  const text = statement(db, table, [...columns, ...more.columns])
  return await copyIn(client, text, rowsOf(types, more).binaryChunks(rows))
}

function statement(db: Reserved['db'], table: LoadInto['table'], columns: readonly string[]): string {
  return sql`copy ${table} (${sql.join(columns.map((name) => sql.id(name)))}) from stdin (format binary)`.compile(db)
    .sql
}

function rowsOf(types: LoadInto['types'], suffix: Suffix): CopyRows {
  return new CopyRows(
    types.map((type) => COPY_FIELDS[type]),
    suffix,
  )
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
  { rows, binary }: { readonly rows: EncodedRows; readonly binary?: BinaryRows | undefined },
  { now, partition, run }: { readonly now: bigint; readonly partition: string; readonly run: number },
): Promise<number> {
  const { partitioned, runs } = target.layout
  const synced = field(stamp(now) as number)
  const bytes = Buffer.concat([synced, ...(partitioned ? [field(partition)] : []), ...(runs ? [field(run)] : [])])
  const columns = systemColumns(target.layout).slice(1)
  const into = loadOf(target)
  const suffix = { fields: columns.length, bytes, columns }
  const written = rows.length === 0 ? 0 : await copyInto(session, into, rows, suffix)
  return written + (binary === undefined ? 0 : await copyBinary(session, into, binary, suffix))
}
