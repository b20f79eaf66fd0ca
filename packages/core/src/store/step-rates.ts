import type { StepKind } from './batch.ts'

/** What a step of a kind takes in a table, on average over those that were read to their end. */
export interface StepRate {
  readonly ms: number
  readonly rows: number
  /** Pages that its source yields; undefined: they were not counted. */
  readonly pages: number | undefined
}

/** By the table's name in the destination, then by kind. */
export type StepRates = ReadonlyMap<string, ReadonlyMap<StepKind, StepRate>>
