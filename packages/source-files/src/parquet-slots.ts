import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import { driver } from './driver.ts'
import { literal } from './duckdb.ts'
import type { ParquetLeaf } from './parquet-field.ts'
import { isNested } from './parquet-types.ts'

// Levels beside the values of a list say where its rows begin. DuckDB passes over values whose levels begin no row, so
// what came out is counted and compared with what the file says to have.

/** How many values a row has below a list: what is NULL, and a list that is empty, is one. */
export interface Slots {
  readonly sql: string
  /** How many the rows have together by the account of the file. */
  readonly values: number
}

/** What is to be counted of a column; nothing where it has no lists, or where DuckDB makes other parts of it. */
export function slotsOf(leaves: readonly ParquetLeaf[], type: DuckDBType, column: string): readonly Slots[] {
  const counts = countsOf(type, column, 0)
  if (counts.length !== leaves.length) return []
  const slots = new Map<string, Slots>()
  for (const [at, sql] of counts.entries()) {
    const { chunks } = leaves[at]!
    if (sql === ONE || chunks.length === 0) continue
    const values = chunks.reduce((sum, chunk) => sum + chunk.values, 0)
    slots.set(`${values} ${sql}`, { sql: `CAST(${sql} AS BIGINT)`, values })
  }
  return [...slots.values()]
}

const ONE = '1'

/** The number of values of each leaf, in the order in which the file has them. */
function countsOf(type: DuckDBType, value: string, depth: number): readonly string[] {
  const { DuckDBListType, DuckDBMapType, DuckDBStructType } = driver()
  const each = (list: string, child: DuckDBType): readonly string[] =>
    countsOf(child, `x${depth}`, depth + 1).map((count) => ofList(list, `x${depth}`, count))
  if (type instanceof DuckDBStructType)
    return type.entryTypes.flatMap((entry, at) =>
      countsOf(entry, `struct_extract(${value}, ${literal(type.entryNames[at]!)})`, depth),
    )
  if (type instanceof DuckDBListType) return each(value, type.valueType)
  if (type instanceof DuckDBMapType)
    return [...each(`map_keys(${value})`, type.keyType), ...each(`map_values(${value})`, type.valueType)]
  return [ONE]
}

/** How many parts of a type have values of their own. */
export const leavesIn = (type: DuckDBType): number => countsOf(type, '', 0).length

function ofList(list: string, item: string, count: string): string {
  if (count === ONE) return `greatest(coalesce(len(${list}), 1), 1)`
  return `coalesce(list_sum(list_transform(${list}, lambda ${item}: ${count})), 1)`
}

/** The types of columns with parts. */
export async function nestedTypes(
  connection: DuckDBConnection,
  from: string,
  columns: readonly { readonly column: string; readonly given: string }[],
): Promise<ReadonlyMap<string, DuckDBType>> {
  const nested = columns.filter(({ given }) => isNested(given))
  if (nested.length === 0) return new Map()
  const result = await connection.run(`SELECT ${nested.map(({ column }) => column).join(', ')} FROM ${from} LIMIT 0`)
  return new Map(result.columnTypes().map((type, at) => [nested[at]!.column, type]))
}
