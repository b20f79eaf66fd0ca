/**
 * What values whose type nobody declared were seen to be: one bit a kind, so that files, pages and rows add up by `|`.
 * `typeOfKinds` says which column holds them all.
 */
export const Kind = {
  none: 0,
  boolean: 1 << 0,
  /** A whole number that a double holds. */
  integer: 1 << 1,
  /** A whole number of 64 bits beyond that. */
  long: 1 << 2,
  /** A whole number beyond 64 bits. */
  huge: 1 << 3,
  /** A number that JavaScript would write the same. */
  double: 1 << 4,
  /** A decimal that a double holds but writes in another way, such as `5.00`. */
  decimal: 1 << 5,
  /** A decimal that no double holds. */
  exact: 1 << 6,
  date: 1 << 7,
  /** A time without an offset. */
  local: 1 << 8,
  instant: 1 << 9,
  text: 1 << 10,
  json: 1 << 11,
  bytes: 1 << 12,
  /** A text of no characters: in quotes, or it would be NULL. */
  empty: 1 << 13,
} as const
