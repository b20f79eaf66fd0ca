/** A half-open range of the cursor, as a source sees it: `from` is read, `to` is not. An open start is undefined. */
export interface Window<V> {
  /** The first value that is read; undefined: from the beginning. */
  readonly from: V | undefined
  /** The first value that is not read any more. */
  readonly to: V
}

/**
 * The same range as the engine sees it: 64-bit integers, microseconds since 1970 of an instant or the integer cursor
 * itself. A `from` of undefined reaches down without end.
 */
export interface Range {
  readonly from: bigint | undefined
  readonly to: bigint
}

export function isEmpty({ from, to }: Range): boolean {
  return from !== undefined && from >= to
}
