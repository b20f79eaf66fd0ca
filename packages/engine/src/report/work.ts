import type { StepKind } from '@tidemark/core/engine'

/** Windows that are to be read of a table. */
export interface Work {
  readonly name: string
  readonly source: string
  readonly steps: readonly { readonly kind: StepKind; readonly windows: number }[]
  /** There may be more of them: some are read until one is empty, or are key ranges that only the source knows. */
  readonly isLeast: boolean
}
