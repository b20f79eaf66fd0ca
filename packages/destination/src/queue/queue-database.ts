/** One row, by the names of its columns. */
type Row = Readonly<Record<string, unknown>>

/** Runs one statement of a transaction, or by itself; the values are its parameters `$1`, `$2`, … */
export type Execute = (statement: string, values?: readonly unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

/** The database of a destination, as the queue of its workers uses it: beside the tables, in a schema of its own. */
export interface QueueDatabase {
  /** For people: without a password. */
  readonly shown: string
  /** Where the tables and their state are. */
  readonly stateSchema: string
  readonly execute: Execute
  /** One transaction; an error rolls it back. */
  transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T>
  /** What a failure means to a user. Anything else passes as it is. */
  explain(error: unknown): unknown
  close(): Promise<void>
}

/** The first row of a result; a statement that returns one always does. */
export function firstRow({ rows }: { readonly rows: readonly unknown[] }): Row {
  return (rows[0] ?? {}) as Row
}

/** The rows of a result. */
export function rowsOf({ rows }: { readonly rows: readonly unknown[] }): readonly Row[] {
  return rows as readonly Row[]
}
