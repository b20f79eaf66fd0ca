import type { DiscoveredSource } from '../discover/catalog.ts'
import { OVER_TIME } from '../source/stall.ts'
import type { TableRun } from './table-run.ts'

/** Whether something was left, or given up, for want of time alone. */
export function isCutShort(tables: readonly TableRun[], sources: readonly DiscoveredSource[]): boolean {
  const isLeft = tables.some(({ partitions }) =>
    partitions.some(({ historyStepsRemaining: historyLeft, failed }) => historyLeft > 0 && !failed),
  )
  const failures = [
    ...sources.map(({ failure }) => failure),
    ...tables.flatMap((table) => table.failures.map((one) => one.failure)),
  ]
  return isLeft || failures.some((failure) => failure?.code === OVER_TIME)
}
