import type { FoundTable } from '../found-table.ts'
import { MOST_RANGES, spread } from '../key-bounds.ts'
import type { TextRow } from './session.ts'

/** What ANALYZE has seen of a column of integers: values with equally many rows between them, and those that many rows have. */
export const STATISTICS = `SELECT s.histogram_bounds::pg_catalog.text::pg_catalog.int8[], s.most_common_vals::pg_catalog.text::pg_catalog.int8[]
  FROM pg_catalog.pg_stats s WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3 AND s.inherited = $4`

/** Statistics of a table of its own are of its rows alone; those of a table of partitions are of all of them. */
export function statisticsOf({ schema, relation, details }: FoundTable, column: string): readonly unknown[] {
  return [schema, relation, column, details['only'] !== true]
}

/**
 * Cuts a table where its statistics say. It was never looked at by ANALYZE: it is not cut.
 *
 * @param ranges about how many ranges are wanted.
 */
export function boundsIn(rows: readonly TextRow[], ranges: number): readonly bigint[] {
  const [histogram, common] = (rows[0] ?? []).map(integersIn)
  const values = [...new Set([...(histogram ?? []), ...(common ?? [])])].sort((a, b) => (a < b ? -1 : 1))
  const wanted = Math.min(Math.ceil(ranges), MOST_RANGES)
  // Before the first there is nothing, and behind the last there is what came since.
  const within = values.slice(1, -1)
  if (within.length >= wanted - 1) return spread(within, wanted - 1)
  return between(values, Math.ceil(wanted / Math.max(1, values.length - 1)))
}

/** Cuts also between two values, in equal steps: of a hundredth of the rows not many numbers are missing. */
function between(values: readonly bigint[], steps: number): readonly bigint[] {
  return values.slice(0, -1).flatMap((from, at) => {
    const length = values[at + 1]! - from
    const cuts = Array.from({ length: steps }, (_, step) => from + (length * BigInt(step)) / BigInt(steps))
    return [...new Set(cuts)].filter((cut) => cut > values[0]!)
  })
}

/** An array as Postgres writes it. */
function integersIn(text: string | null): readonly bigint[] {
  return text === null ? [] : (text.match(/-?\d+/g) ?? []).map(BigInt)
}
