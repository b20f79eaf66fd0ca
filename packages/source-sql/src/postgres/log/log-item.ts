import type { Row } from '../../database.ts'
import type { TableOperation } from './gathered.ts'
import type { LogOffset } from './log-offset.ts'
import type { LoggedTable } from './logged-table.ts'
import type { LogRelation } from './pgoutput.ts'
import type { ShapeChanges } from './shape-changes.ts'
import type { Snapshot } from './snapshot.ts'

/** What a log yields. */
export type LogItem =
  | TableOperation
  /** From here on a table has other columns. */
  | { readonly kind: 'reshaped'; readonly table: LoggedTable }
  | {
      readonly kind: 'checkpoint'
      readonly offset: LogOffset
      /** When the server wrote that, in microseconds. */
      readonly at: bigint
      /** A table was lost with it: nothing more comes. */
      readonly isLast: boolean
    }

/** What the reader of a log asks of its database. */
export interface LogWorld {
  readonly label: string
  /** The table of a relation; undefined: it is not read. */
  tableOf(oid: number): Promise<LoggedTable | undefined>
  /** Whether a table was found as a transaction left it that describes it so. */
  isFoundAs(table: LoggedTable, relation: LogRelation, xid: number): boolean
  /** Finds all tables once more, when others see a transaction. @returns how they differ from what they were like. */
  findAgain(xid: number, shapes: Readonly<Record<string, string>>): Promise<ShapeChanges>
  /** Of a table whose rows are only added: changes that were committed before are read otherwise. */
  heldUpTo(name: string): bigint
  /** All rows of a table are gone, as of the transaction that is being read. */
  truncated(name: string): void
  /** What is seen now. */
  snapshot(): Promise<Snapshot>
  /** Makes values of a table what a query of it gives, in place. */
  madeByServer(table: LoggedTable, rows: readonly Row[]): Promise<void>
}

/** What a reader begins with. */
export interface LogBeginning {
  /** What the tables are like at the offset, and what else they are like by the catalogue. */
  readonly changes: ShapeChanges
  /** As whoever reads knows them. */
  readonly tables: Iterable<LoggedTable>
}
