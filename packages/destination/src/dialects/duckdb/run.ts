import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBResult,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api'
import type { Driver } from './driver.ts'

/** Runs a statement. Nothing else may be asked of the connection before it ends. */
export async function run(
  duckdb: Driver,
  connection: DuckDBConnection,
  text: string,
  parameters: readonly unknown[],
): Promise<DuckDBMaterializedResult> {
  if (parameters.length === 0) return await connection.run(text)
  const { values, types } = bound(duckdb, parameters)
  return await connection.run(text, values, types)
}

/** The same as its rows arrive. */
export async function stream(
  duckdb: Driver,
  connection: DuckDBConnection,
  text: string,
  parameters: readonly unknown[],
): Promise<DuckDBResult> {
  const { values, types } = bound(duckdb, parameters)
  return await connection.stream(text, values, types)
}

const INT64 = 2n ** 63n

/** A whole number is a BIGINT, as the columns that it is compared with: as a DOUBLE it would not be exact. */
function bound(
  { BIGINT, DOUBLE, HUGEINT, blobValue }: Driver,
  parameters: readonly unknown[],
): { readonly values: DuckDBValue[]; readonly types: DuckDBType[] } {
  const types: (DuckDBType | undefined)[] = []
  const values = parameters.map((one): DuckDBValue => {
    const number = typeof one === 'number' && Number.isSafeInteger(one) ? BigInt(one) : one
    if (typeof number === 'bigint') types.push(number >= -INT64 && number < INT64 ? BIGINT : HUGEINT)
    else types.push(typeof number === 'number' ? DOUBLE : undefined)
    return number instanceof Uint8Array ? blobValue(number) : (number as DuckDBValue)
  })
  return { values, types: types as DuckDBType[] }
}
