import type { Status, TableSummary } from '@tidemark/engine'
import { textTable } from './text-table.ts'

/** How far everything is, for people. */
export function statusText({ to_timestamp, tables }: Status, command: (rest: string) => string): string {
  if (tables.length === 0) return `No table is tracked yet. The first sync does it: ${command('sync')}`
  const isTracked = tables.some((table) => table.status !== 'removed')
  const whole =
    to_timestamp === null ? 'Not every table is complete yet.' : `Every table is complete up to ${to_timestamp}.`
  const complete = isTracked ? whole : 'No table is tracked any more; the rows stay.'
  const header = ['table', 'status', 'complete to', 'partitions', 'last synced', 'note']
  const rows = tables.map((table) => [
    table.name,
    statusWord(table),
    table.complete_to ?? '',
    table.partitions === 1 ? '' : String(table.partitions),
    table.last_synced_at?.slice(0, 19) ?? '',
    note(table, command),
  ])
  return `${complete}\n\n${textTable(header, rows, { width: 100 })}`
}

function statusWord({ status, partitions, partitions_failing: failing }: TableSummary): string {
  return failing > 0 && partitions > 1 ? `${status}, ${failing} of ${partitions} failing` : status
}

function note(table: TableSummary, command: (rest: string) => string): string {
  if (table.paused_for !== null) return `${table.paused_for}; ${command(`resync ${table.name} --full`)}`
  if (table.last_error !== null) return table.last_error
  if (table.removed_at !== null) return `removed ${table.removed_at.slice(0, 10)}, its rows stay`
  return table.rereads === 0 ? '' : 'to be read again'
}
