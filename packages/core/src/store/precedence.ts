/** The facts about a version of a row that decide which of two wins. */
export interface Version {
  /** Its position by the cursor; null: no position. */
  readonly position: bigint | number | null
  readonly isDeleted: boolean
}

/** Whether a position is below another one; unknown if one of them is missing. */
export function isOlder(position: Version['position'], than: Version['position']): boolean {
  return position !== null && than !== null && position < than
}

/**
 * Whether an incoming version replaces the stored one: the greater position wins, at the same one a deletion
 * wins over a row, and otherwise the one that comes last. Destinations implement the same in SQL.
 */
export function supersedes(came: Version, there: Version): boolean {
  if (isOlder(came.position, there.position)) return false
  const isTie = came.position !== null && there.position !== null && BigInt(came.position) === BigInt(there.position)
  return !(isTie && there.isDeleted && !came.isDeleted)
}
