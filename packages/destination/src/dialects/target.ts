import type { RawBuilder } from 'kysely'
import type { Layout } from '../table/columns.ts'

/** A table that is ready to be written. Prepared again it is another one, even where nothing changed. */
export interface Target {
  readonly layout: Layout
  /** Its name in SQL. */
  readonly table: RawBuilder<unknown>
}
