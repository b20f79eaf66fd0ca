const MOST_ROWS = 10_000
const FIRST_ROWS = 500
const BYTES = 4 << 20

/** How many rows to ask for, so that a page of wide rows takes no more memory than one of narrow ones. */
export class PageSize {
  rows: number = FIRST_ROWS

  /** Learns from a page; grows slowly, because the next rows may be wider. */
  learn(rows: number, bytes: number): void {
    if (rows === 0) return
    const fitting = Math.floor(BYTES / Math.max(1, bytes / rows))
    this.rows = Math.max(1, Math.min(MOST_ROWS, this.rows * 8, fitting))
  }
}
