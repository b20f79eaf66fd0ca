import type { ComparedScope, EncodedKey, Extent, StoredRow } from '@tidemark/core/engine'

/** How the rows of one table are looked at in one database. */
export interface StoredTable {
  /** Live rows of a scope. */
  extent(scope: ComparedScope): Promise<Extent>
  /** Rows of a scope, marked ones too, in no order. */
  rows(scope: ComparedScope): AsyncIterable<StoredRow>
  /** All rows, of whatever partition. */
  all(): AsyncIterable<StoredRow>
  /** Rows of these keys, wherever on the cursor they lie. */
  rowsOf(keys: readonly EncodedKey[], partition: string): Promise<readonly StoredRow[]>
  close(): void
}
