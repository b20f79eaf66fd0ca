import type { SchemaElement } from './parquet-element.ts'
import type { ColumnChunk } from './parquet-footer.ts'
import type { Levels } from './parquet-levels.ts'
import type { Raw } from './parquet-raw.ts'

/** A top-level column, and all elements that are below it. */
export interface ParquetField {
  readonly element: SchemaElement
  readonly below: readonly SchemaElement[]
  /** Those that have values, in the order in which they stand. */
  readonly leaves: readonly ParquetLeaf[]
}

/** What has values, and where they are: a chunk in each group of rows. */
export interface ParquetLeaf {
  readonly element: SchemaElement
  readonly levels: Levels
  readonly chunks: readonly ColumnChunk[]
  /** How it is read as it is stored; undefined where DuckDB reads it as it is. */
  readonly raw: Raw | undefined
}
