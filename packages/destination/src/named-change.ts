import type { RunChange } from '@tidemark/core/engine'
import { tableName } from './table/names.ts'

/** A change of a run with the names that its tables have in the destination. */
export function namedChange(change: RunChange): RunChange {
  if (change.kind === 'removed') return { ...change, table: tableName(change.table) }
  if (change.kind !== 'pages') return change
  return { ...change, pages: change.pages.map((one) => ({ ...one, table: tableName(one.table) })) }
}
