const UNITS: readonly (readonly [bigint, string])[] = [
  [86_400_000_000n, 'd'],
  [3_600_000_000n, 'h'],
  [60_000_000n, 'min'],
  [1_000_000n, 's'],
]

/** A length in microseconds as people read it: `9 min 30 s`. */
export function durationText(micros: bigint): string {
  const at = UNITS.findIndex(([size]) => micros >= size)
  if (at < 0) return `${Number(micros / 1000n)} ms`
  const [size, unit] = UNITS[at]!
  const smaller = UNITS[at + 1]
  const rest = smaller === undefined ? 0n : (micros % size) / smaller[0]
  return rest === 0n ? `${micros / size} ${unit}` : `${micros / size} ${unit} ${rest} ${smaller?.[1]}`
}
