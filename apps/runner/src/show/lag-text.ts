import { roughly } from './numbers.ts'

/** How far a table is behind its source: `2 min`; empty if nobody knows. */
export function lagText(lagMs: number | null): string {
  return lagMs === null ? '' : roughly(lagMs)
}
