import type { ColumnChunk, TimeOfDay } from './parquet-footer.ts'

/** Whether the times of day of a column are within a day by the account of its file; undefined where it gives none. */
export function isWithinDay({ min, max }: ColumnChunk, { day }: TimeOfDay): boolean | undefined {
  const [first, last] = [integerOf(min), integerOf(max)]
  return first === undefined || last === undefined ? undefined : first >= 0n && last <= day
}

function integerOf(bytes: Buffer | undefined): bigint | undefined {
  if (bytes?.length === 4) return BigInt(bytes.readInt32LE())
  return bytes?.length === 8 ? bytes.readBigInt64LE() : undefined
}
