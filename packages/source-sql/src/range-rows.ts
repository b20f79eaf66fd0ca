/** Rows that are read in one go: the more, the more is read again when it breaks off. */
export const RANGE_ROWS = 1_000_000

/** Whether so many rows are more than one read. */
export function isLarge(rows: number, perRange: number = RANGE_ROWS): boolean {
  return rows > perRange * 1.5
}
