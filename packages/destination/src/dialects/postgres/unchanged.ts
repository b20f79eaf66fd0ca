import type { Batch, EncodedRow } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { list } from '../../rows/sql.ts'
import { dataColumns, dataTypes, type Layout } from '../../table/columns.ts'
import type { Target } from '../target.ts'
import type { Terms } from '../terms.ts'
import { COPY_FIELDS } from './column-types.ts'
import { fieldEnd } from './copied-rows.ts'
import { copiedOut, withValues } from './copy-out.ts'
import { CopyRows } from './copy-rows.ts'
import { field } from './copy-suffix.ts'
import { jsonbSpelling } from './json-spelling.ts'
import { RowMatch, type StoredRow } from './row-match.ts'
import type { Reserved } from './sessions.ts'

/** For fewer rows it is not worth asking. */
const LEAST = 100

/** Of what is looked at, at least this part must be as it was, or the step does not look again. */
const WORTH = 0.5

/** Types of keys that a statement takes as they are encoded. */
const KEY_TYPES: ReadonlySet<string> = new Set(['integer', 'text'])

/** A batch that may have rows which are stored as they are. */
export type LookedBack = Pick<Batch, 'step' | 'rows' | 'binary' | 'lateBelow'>

const nameOf = ({ run, step }: Batch['step']): string => `${run} ${step}`

/** Says for which batches it is worth to look at what is stored: most of what a lookback reads again is as it was. */
export class LookingBack {
  /** The step of a table for which it was not. */
  readonly #vain = new WeakMap<Target, string>()

  isWorth(target: Target, { step, rows, binary, lateBelow }: LookedBack): boolean {
    const { key, keyAt, columns, fed } = target.layout
    if (lateBelow === undefined || binary !== undefined || fed || key.length === 0 || rows.length < LEAST) return false
    if (this.#vain.get(target) === nameOf(step)) return false
    return keyAt.every((at) => KEY_TYPES.has(columns[at]!.stored)) && rows.some((row) => isBelow(row, lateBelow))
  }

  looked(target: Target, { step, rows }: LookedBack, left: Batch['rows']): void {
    if (rows.length - left.length < rows.length * WORTH) this.#vain.set(target, nameOf(step))
  }
}

function isBelow(row: EncodedRow, lateBelow: bigint): boolean {
  const position = row.at(-1) as number | bigint | null
  return position !== null && position < lateBelow
}

/**
 * The rows of a batch that are not stored as they are, as far as that is seen in the order of their keys, from the first one
 * on. Both are compared in the bytes of a binary COPY: what is equal there is equal for the server too, so it need not be sent.
 */
export async function changedRows(
  { client, db }: Reserved,
  target: Target,
  { rows, step }: LookedBack,
  { partition }: Pick<Terms, 'partition'>,
): Promise<Batch['rows']> {
  const { layout, table } = target
  const { key, keyAt, partitioned, globalKey } = layout
  const name = table.compile(db).sql
  // A trigger FOR EACH STATEMENT hears of a MERGE that changes no row, and a rule refuses it.
  const isHeard = sql`exists (select 1 from pg_catalog.pg_class c where c.oid = ${name}::pg_catalog.regclass and (c.relhasrules
    or exists (select 1 from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 1 = 0)))`
  const columns = [...dataColumns(layout), '_cursor', '_deleted_at', ...(partitioned ? ['_partition'] : [])]
  const own = partitioned && !globalKey ? sql`_partition = ${partition} and ` : sql``
  const first = sql.join(keyAt.map((at) => sql`${rows[0]![at]}`))
  const query = sql`select ${list(columns)} from ${table} where ${own}(${list(key)}) >= (${first}) and not ${isHeard}
    order by ${list(key)} limit ${rows.length}`.compile(db)
  const match = new RowMatch(rows, layout)
  const stored = new CopiedRow(layout, step.partition)
  for await (const block of copiedOut(client, withValues(query.sql, query.parameters))) {
    for (const [from, end] of block.places()) {
      stored.place(block.binary, from, end)
      match.next(stored)
    }
  }
  return match.unmatched()
}

/** One row after the other, as the server copied it out. */
class CopiedRow implements StoredRow {
  readonly #encoder: CopyRows
  readonly #jsonAt: readonly number[]
  readonly #textAt: ReadonlySet<number>
  #bytes: Buffer = Buffer.alloc(0)
  #from = 0
  #end = 0

  constructor(layout: Layout, partition: string) {
    const types = dataTypes(layout)
    // Behind the position: it is not marked as deleted, and of this partition.
    const more = [field(null), ...(layout.partitioned ? [field(partition)] : [])]
    const fields = [...types.map((type) => COPY_FIELDS[type]), 'integer' as const]
    this.#encoder = new CopyRows(fields, { fields: more.length, bytes: Buffer.concat(more) })
    this.#jsonAt = types.flatMap((type, at) => (type === 'json' ? [at] : []))
    this.#textAt = new Set(types.flatMap((type, at) => (type === 'text' ? [at] : [])))
  }

  place(bytes: Buffer, from: number, end: number): void {
    this.#bytes = bytes
    this.#from = from
    this.#end = end
  }

  equals(row: EncodedRow): boolean {
    const { buffer, end } = this.#encoder.one(this.#spelled(row))
    return end === this.#end - this.#from && buffer.compare(this.#bytes, this.#from, this.#end, 0, end) === 0
  }

  keyAt(at: number): unknown {
    let from = this.#from + 2
    for (let before = 0; before < at; before++) from = fieldEnd(this.#bytes, from)
    if (this.#textAt.has(at)) return this.#bytes.toString('utf8', from + 4, fieldEnd(this.#bytes, from))
    return this.#bytes.readBigInt64BE(from + 4)
  }

  #spelled(row: EncodedRow): EncodedRow {
    if (this.#jsonAt.length === 0) return row
    const spelled = row.slice()
    for (const at of this.#jsonAt) if (row[at] !== null) spelled[at] = jsonbSpelling(row[at] as string)
    return spelled
  }
}
