import type { EncodedRows } from '../dialects/encoded-rows.ts'

/** A row of so many bytes is wide: 2048 of them, which DuckDB reads at a stretch, are 32 MB. */
const WIDE = 16 * 1024

/** Whether rows have many bytes each. */
export function isWide({ rows, bytes }: { readonly rows: number; readonly bytes: number }): boolean {
  return bytes > rows * WIDE
}

/** About how many bytes the values of rows have. */
export function bytesOf(rows: EncodedRows): number {
  let bytes = 0
  for (const row of rows)
    for (const value of row)
      if (typeof value === 'string') bytes += value.length
      else if (value instanceof Uint8Array) bytes += value.byteLength
  return bytes
}
