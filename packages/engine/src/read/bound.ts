/** A position that every row's position is compared with. */
export type Bound = number | bigint | undefined

const MICROS_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** A number where it is exact. */
export function bound(position: bigint | undefined): Bound {
  if (position === undefined) return undefined
  return position <= MICROS_SAFE && position >= -MICROS_SAFE ? Number(position) : position
}
