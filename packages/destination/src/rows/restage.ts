import type { Batch, ColumnType, Lease, Reject } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import { dataColumns, dataTypes } from '../table/columns.ts'
import { decimalOfNumber } from '../values/value-text.ts'
import { fill } from './fill.ts'
import { list } from './sql.ts'
import type { Writing } from './writing.ts'

export interface Restaging {
  readonly lease: Lease
  readonly before: Staging
  /** The number of the new staging table. */
  readonly slot: number
}

/** So many rows are in memory at a time. */
const SLICE = 5000

/**
 * Brings rows that were staged before their table got another shape into a staging table of the present one: a column that is new is
 * NULL, and one that is gone is left out.
 */
export async function restage(
  writing: Writing,
  { lease, before, slot }: Restaging,
): Promise<{ readonly staging: Staging | undefined; readonly rejects: readonly Reject[] }> {
  const { dialect, session, target } = writing
  const { decode, codec } = dialect
  const old = dataColumns(before.target.layout)
  const oldTypes = dataTypes(before.target.layout)
  const types = dataTypes(target.layout)
  const places = dataColumns(target.layout).map((name) => old.indexOf(name))
  const encoded = (values: readonly unknown[]): Batch['rows'][number] => [
    ...places.map((place, at) => {
      const value = place < 0 ? null : decode[oldTypes[place]!](values[place])
      return value === null ? null : codec.stored[types[at]!](widened(value, oldTypes[place]!, types[at]!))
    }),
    decode.integer(values[old.length]),
  ]
  const rejects: Reject[] = []
  let staging: Staging | undefined
  for (let last: unknown = 0; ; ) {
    const rows = await session.rows(sql`select ${list([...old, '_cursor', '_at'])} from ${before.table}
      where _kind = 0 and _at > ${last} order by _at limit ${sql.lit(SLICE)}`)
    if (rows.length === 0) break
    last = rows.at(-1)!.at(-1)
    const filled = await fill(writing, {
      lease,
      batch: {
        ...NOTHING,
        step: before.step as Batch['step'],
        number: (staging?.lastBatch ?? 0) + 1,
        rows: rows.map(encoded),
      },
      before: staging,
      slot,
    })
    staging = filled.staging
    rejects.push(...filled.rejects)
  }
  await session.dropStaging(before.table)
  return { staging, rejects }
}

const NOTHING = {
  deletions: [],
  rejects: [],
  counts: { read: 0, deduped: 0, trimmed: 0, rejected: 0 },
  staging: 'fill',
  tombstones: false,
  durationMs: 0,
} as const

/** A canonical value as one of a wider type. */
function widened(value: unknown, from: ColumnType, to: ColumnType): unknown {
  if (from === to) return value
  return from === 'double' && to === 'numeric' ? decimalOfNumber(Number(value)) : String(value)
}
