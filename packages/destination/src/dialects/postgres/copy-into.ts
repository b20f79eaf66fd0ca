import type { BinaryRows } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { systemColumns } from '../../rows/merge.ts'
import { dataColumns, dataTypes } from '../../table/columns.ts'
import type { LoadInto } from '../dialect.ts'
import type { EncodedRows } from '../encoded-rows.ts'
import type { Target } from '../target.ts'
import { COPY_FIELDS } from './column-types.ts'
import { copyIn } from './copy-in.ts'
import { CopyRows } from './copy-rows.ts'
import { field, type Suffix, smallField } from './copy-suffix.ts'
import { stamp } from './moments.ts'
import type { Reserved } from './sessions.ts'

type MoreColumns = Suffix & { readonly columns: readonly string[] }

/** Copies encoded rows into a table. */
export function copyInto(
  session: Reserved,
  into: LoadInto,
  rows: EncodedRows,
  more: MoreColumns = suffixOf(into.entries),
): Promise<number> {
  return copyChunks(session, into, more, (encoder) => encoder.chunks(rows))
}

/** Copies rows that are in the binary form already into a table. */
export function copyBinary(
  session: Reserved,
  into: LoadInto,
  rows: BinaryRows,
  more: MoreColumns = suffixOf(into.entries),
): Promise<number> {
  return copyChunks(session, into, more, (encoder) => encoder.binaryChunks(rows))
}

async function copyChunks(
  { client, db }: Reserved,
  { table, columns, types }: LoadInto,
  more: MoreColumns,
  chunksOf: (encoder: CopyRows) => Iterable<Buffer>,
): Promise<number> {
  const names = [...columns, ...more.columns].map((name) => sql.id(name))
  const { sql: text } = sql`copy ${table} (${sql.join(names)}) from stdin (format binary)`.compile(db)
  const fields = types.map((type) => COPY_FIELDS[type])
  return await copyIn(client, text, chunksOf(new CopyRows(fields, more)))
}

function suffixOf(entries: LoadInto['entries']): MoreColumns {
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
