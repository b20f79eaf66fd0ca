/** Rows that steps of a partition left out for their cursor. */
export interface LeftOutRows {
  readonly tooYoung: number
  readonly withoutCursor: number
}

/** The same with those of another step. @param tooYoung undefined: it did not read the newest rows. */
export function leftOutWith(
  before: LeftOutRows = { tooYoung: 0, withoutCursor: 0 },
  { tooYoung, withoutCursor }: { readonly tooYoung: number | undefined; readonly withoutCursor: number },
): LeftOutRows {
  return {
    tooYoung: tooYoung ?? before.tooYoung,
    // A source that bounds nothing gives them with every window.
    withoutCursor: Math.max(before.withoutCursor, withoutCursor),
  }
}
