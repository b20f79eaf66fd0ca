/** When a statement of the user's is ended, where the database lets it be ended. */
export interface QueryLimits {
  readonly limitMs: number
  readonly signal: AbortSignal
}

export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}
