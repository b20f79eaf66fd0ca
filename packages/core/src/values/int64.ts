/** The integers that a cursor, and a column of type `integer`, can hold. */
export const INT64_MIN: bigint = -(2n ** 63n)
export const INT64_MAX: bigint = 2n ** 63n - 1n

export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX
}

/** An integer as a number where it is safe, else as a bigint. */
export function safeInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The integer that a text of digits spells: a number where it is safe, a bigint beyond; undefined where 64 bits do not hold it. */
export function int64(text: string): number | bigint | undefined {
  // Up to fifteen digits and a sign, every number is safe.
  if (text.length < 16) return +text
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  const big = BigInt(text)
  return isInt64(big) ? big : undefined
}
