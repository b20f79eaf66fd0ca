import { type Range, textAt } from '@tidemark/core/engine'
import type { PlannedTable } from './planned-table.ts'

/** A window for people, and for `--json`: dates, times or counts as text. */
export interface WindowText {
  readonly from: string | undefined
  readonly to: string
}

/** A window as text, by the cursor of its table. */
export function windowText({ from, to }: Range, { discovered }: Pick<PlannedTable, 'discovered'>): WindowText {
  const { cursor } = discovered.table
  if (cursor === undefined) return { from: undefined, to: String(to) }
  return { from: from === undefined ? undefined : textAt(from, cursor), to: textAt(to, cursor) }
}
