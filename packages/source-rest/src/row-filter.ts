import { meets } from '@tidemark/http'
import type { RowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'

/** Which rows of an API belong to a table. */
export interface RowFilter {
  /** Makes rows as `make` does, and remembers those that do not belong to the table. */
  readonly make: RowMaker
  /** The rows of a page that do. Pages are counted and followed by all their rows. */
  keep(rows: readonly unknown[]): readonly unknown[]
}

/**
 * Looks at rows as the API wrote them, so that a condition does not depend on the types of columns.
 *
 * @param makeOther makes a row that does not belong to the table: it tells nothing of its columns.
 */
export function rowFilter({ filter }: RestTable, make: RowMaker, makeOther = make): RowFilter {
  if (filter === undefined) return { make, keep: (rows) => rows }
  const conditions = [filter].flat()
  const others = new WeakSet<object>()
  const isOwn = (row: object): boolean =>
    conditions.every(({ at, not, ...check }) =>
      not === undefined ? meets({ at, ...check }, row) : !meets({ at, equals: not }, row),
    )
  return {
    make: (row) => {
      // What is not an object is no row of any table: the engine rejects it.
      if (typeof row !== 'object' || row === null || Array.isArray(row) || isOwn(row)) return make(row)
      const made = makeOther(row)
      others.add(made as object)
      return made
    },
    keep: (rows) => rows.filter((row) => typeof row !== 'object' || row === null || !others.has(row)),
  }
}
