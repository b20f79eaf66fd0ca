import type { PartialRow } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { dataColumns, dataTypes, MISSING } from '../table/columns.ts'
import { sameKey } from './merge.ts'
import { list } from './sql.ts'
import type { Writing } from './writing.ts'

/** A version that was told in part, with what was there. */
export interface CompletedRow {
  readonly row: readonly unknown[]
  /** Columns of it that nothing has told so far, in their order. */
  readonly missing: readonly string[]
  /** It is not shown until something tells them: no row of its key was known. */
  readonly isHidden: boolean
}

/** What is known of the row that the values come from which were not told. */
interface Origin {
  /** Its values by their index in an encoded row, as those hold them. */
  readonly values: ReadonlyMap<number, unknown>
  readonly missing: ReadonlySet<string>
  /** It was read or told before its table's present life began. */
  readonly isOld: boolean
  readonly isHidden: boolean
}

/**
 * Completes versions of which changes told a part by the rows that they come from, all of which are read before the first
 * is written: keys may be exchanged in one batch.
 */
export async function fillPartial(
  writing: Writing,
  partial: readonly PartialRow[],
  epoch: bigint,
): Promise<readonly CompletedRow[]> {
  if (partial.length === 0) return []
  const names = dataColumns(writing.target.layout)
  const origins = await readOrigins(writing, partial, epoch)
  return partial.map(({ row, untold, doubtful }, number) => {
    const origin = origins.get(number)
    const unsure = (at: number) =>
      origin === undefined || origin.isOld || origin.missing.has(names[at]!) || doubtful.includes(at)
    const filled = [...row]
    for (const at of untold) filled[at] = origin?.values.get(at) ?? null
    const missing = [...untold].sort((a, b) => a - b).flatMap((at) => (unsure(at) ? [names[at]!] : []))
    return { row: filled, missing, isHidden: missing.length > 0 && (origin === undefined || origin.isHidden) }
  })
}

/** The origins that are there, by the number of the version in its batch. A marked row counts only where something of it is missing. */
async function readOrigins(
  { dialect, session, target }: Writing,
  partial: readonly PartialRow[],
  epoch: bigint,
): Promise<ReadonlyMap<number, Origin>> {
  const { layout, table } = target
  const { codec, decode } = dialect
  const [names, types] = [dataColumns(layout), dataTypes(layout)]
  const wanted = [...new Set(partial.flatMap(({ untold }) => untold))]
  // Where a key has its position there is the number of the version here.
  const keys = partial.flatMap(({ origin }, number) => (origin === undefined ? [] : [[...origin, number]]))
  const origins = new Map<number, Origin>()
  if (keys.length === 0) return origins
  const flag = (condition: RawBuilder<unknown>) => sql`case when ${condition} then 1 else 0 end`
  const values = wanted.map((at) => names[at]!)
  const selected = sql.join([
    sql`s._cursor`,
    sql`t.${sql.id(MISSING)}`,
    flag(sql`(t._cursor >= ${epoch}) is not true`),
    flag(sql`t._deleted_at is not null`),
    ...(values.length === 0 ? [] : [list(values, 't')]),
  ])
  const isThere = sql`(t._deleted_at is null or t.${sql.id(MISSING)} is not null)`
  await session.withKeys(target, keys, async (source) => {
    const found = await session.rows(sql`select ${selected} from ${table} as t join ${source} as s
      on ${sameKey(layout, { partition: sql`${''}` })} where ${isThere}`)
    for (const [number, missing, isOld, isHidden, ...stored] of found) {
      const encoded = stored.map((value, place) => {
        const type = types[wanted[place]!]!
        if (value === null) return null
        const form = codec.stored[type](decode[type](value))
        if (form === undefined) throw new Error(`a stored ${type} of "${layout.name}" cannot be written again`)
        return form
      })
      origins.set(Number(number), {
        values: new Map(wanted.map((at, place) => [at, encoded[place]])),
        missing: new Set(missing === null ? [] : (JSON.parse(String(decode.text(missing))) as readonly string[])),
        isOld: Number(isOld) === 1,
        isHidden: Number(isHidden) === 1,
      })
    }
    return 0
  })
  return origins
}
