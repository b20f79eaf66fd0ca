/** What the SQL of one file is made of. */
export interface DuckDbPlace {
  /** For people: the file. */
  readonly path: string
  /** What DuckDB calls the file in SQL, after its name. */
  readonly catalog: string
}

/** Where a row of a table is. A column of that name hides it. */
export const ROW_NUMBER = 'rowid'
