import type { EncodedRow } from '@tidemark/core/engine'
import type { Encode } from '../values/codec.ts'

/** How one column of a row is encoded. */
export interface ColumnEncoder {
  readonly name: string
  /** It is given the row, and not the value of its name there. */
  readonly takesRow: boolean
  readonly encode: Encode
}

/** Encodes the columns of a row, and its position behind them. @returns undefined where a column cannot hold its value. */
export type RowEncoder = (
  row: Readonly<Record<string, unknown>>,
  position: number | bigint | null,
) => EncodedRow | undefined

/** So many rows of a table are worth a function of their own. */
const MANY = 1000
/** A function of more columns is not optimized as a whole. */
const MAX_COLUMNS = 500

/** @param isLoose whether a place for undeclared fields is left before the position. */
export function rowEncoder(columns: readonly ColumnEncoder[], isLoose: boolean): RowEncoder {
  const count = columns.length
  const width = count + (isLoose ? 2 : 1)
  let encodeRow: RowEncoder = (row, position) => {
    const encoded: EncodedRow = new Array(width).fill(null)
    for (let at = 0; at < count; at++) {
      const { name, takesRow, encode } = columns[at]!
      const value = encode(takesRow ? row : row[name])
      if (value === undefined) return undefined
      encoded[at] = value
    }
    encoded[width - 1] = position
    return encoded
  }
  let seen = 0
  return (row, position) => {
    if (seen < MANY && ++seen === MANY) encodeRow = compiledRow(columns, isLoose) ?? encodeRow
    return encodeRow(row, position)
  }
}

/**
 * One function that encodes the columns of a table, in which V8 knows for each column where its field lies in a row and what
 * encodes it. A loop over columns knows neither, and takes twice as long. @returns undefined where a table has too many columns, or
 * the process may not make code of texts (`--disallow-code-generation-from-strings`).
 */
export function compiledRow(columns: readonly ColumnEncoder[], isLoose: boolean): RowEncoder | undefined {
  if (columns.length > MAX_COLUMNS) return undefined
  const values = columns.map(
    ({ name, takesRow }, at) => `
      const v${at} = e${at}(${takesRow ? 'row' : `row[${JSON.stringify(name)}]`})
      if (v${at} === undefined) return undefined`,
  )
  const encoded = [...columns.map((_, at) => `v${at}`), ...(isLoose ? ['null'] : []), 'position'].join(', ')
  const encoders = columns.map((_, at) => `e${at}`)
  const code = `return (row, position) => {${values.join('')}\nreturn [${encoded}] }`
  try {
    return new Function(...encoders, code)(...columns.map(({ encode }) => encode)) as RowEncoder
  } catch {
    return undefined
  }
}
