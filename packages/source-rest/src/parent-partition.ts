/** A row of a parent table, as the partition of its child. */
export interface ParentPartition {
  /** Unique among all rows of the parent, whatever its own partition. */
  readonly id: string
  /** The parent table. */
  readonly table: string
  /** What `{partition}` stands for. */
  readonly key: string
  /** The fields of the row that placeholders of a child name. */
  readonly row: Readonly<Record<string, unknown>>
  readonly revision: string | undefined
  /** Why nothing can be read for it: it fails alone, and the other rows of the parent have their children. */
  readonly problem?: unknown
  /** The partition of the parent's own row. */
  readonly parent: ParentPartition | undefined
}

/** @throws why nothing can be read for a partition. */
export function checkPart(part: ParentPartition | undefined): void {
  if (part?.problem !== undefined) throw part.problem
}
