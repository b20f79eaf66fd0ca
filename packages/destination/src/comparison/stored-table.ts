import type { ComparedScope, EncodedKey, Extent } from '@tidemark/core/engine'

/** A row as it stands in a table: canonical values, and what Tidemark keeps beside them. */
export interface StoredRow {
  /** In the order of the columns that were asked for. */
  readonly values: readonly unknown[]
  readonly position: bigint | null
  /** '' where the table has none. */
  readonly partition: string
  /** Instants as canonical texts. */
  readonly syncedAt: string
  readonly deletedAt: string | null
}

/** How the rows of one table are looked at in one database. */
export interface StoredTable {
  /** Live rows of a scope. */
  extent(scope: ComparedScope): Promise<Extent>
  /** Rows of a scope, marked ones too, in no order. */
  rows(scope: ComparedScope): AsyncIterable<StoredRow>
  /** Rows of these keys, wherever on the cursor they lie. */
  rowsOf(keys: readonly EncodedKey[], partition: string): Promise<readonly StoredRow[]>
  close(): void
}
