/** Rows of one window of a cursor: the more, the more is read again when it breaks off. */
export const WINDOW_ROWS = 1_000_000

/** Rows of one range of keys: while one is written, the next is read, and the last one is written alone. */
export const RANGE_ROWS = 250_000

/** Whether so many rows are more than one read. */
export function isLarge(rows: number, perRead: number): boolean {
  return rows > perRead * 1.5
}
