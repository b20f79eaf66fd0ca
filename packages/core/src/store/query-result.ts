/** When to end a user's statement, if the database supports that. */
export interface QueryLimits {
  readonly limitMs: number
  readonly signal: AbortSignal
}

export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}
