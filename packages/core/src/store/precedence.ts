/** What of a version of a row decides which of two stands. */
export interface Version {
  /** Its position by the cursor; null: it has none. */
  readonly position: bigint | number | null
  readonly isDeleted: boolean
}

/** Whether a position lies below another one; where one of them is missing nobody can tell. */
export function isOlder(position: Version['position'], than: Version['position']): boolean {
  return position !== null && than !== null && position < than
}

/**
 * Whether a version that comes later replaces the one that is there: the greater position stands, at the same one a deletion
 * stands against a row, and otherwise the one that comes last. Destinations say the same in SQL.
 */
export function supersedes(came: Version, there: Version): boolean {
  if (isOlder(came.position, there.position)) return false
  const isTie = came.position !== null && there.position !== null && BigInt(came.position) === BigInt(there.position)
  return !(isTie && there.isDeleted && !came.isDeleted)
}
