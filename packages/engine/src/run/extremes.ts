/** The highest of positions; undefined where none is known. */
export function highest(...positions: readonly (bigint | undefined)[]): bigint | undefined {
  return positions.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}

/** The lowest of positions; undefined where none is known. */
export function lowest(...positions: readonly (bigint | undefined)[]): bigint | undefined {
  return positions.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined)
}
