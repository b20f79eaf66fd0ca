import type { Batch } from '@tidemark/core/engine'

/** How many rows a batch has, in whatever form. */
export function rowsIn({ rows, binary }: Pick<Batch, 'rows' | 'binary'>): number {
  return rows.length + (binary?.count ?? 0)
}
