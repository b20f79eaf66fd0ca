import type { Change } from '@tidemark/core'
import type { FivetranClient, FivetranTable } from './fivetran-client.ts'
import type { RowOperation } from './operation.ts'
import type { TableShape } from './table-shape.ts'

/** The operations of one table as changes, in their order. */
export function* changesOfTable(
  table: FivetranTable,
  shape: TableShape,
  operations: readonly RowOperation[],
): Generator<Change<FivetranClient>> {
  for (let at = 0; at < operations.length; ) {
    const what = changeOf(operations[at]!)
    let end = at + 1
    while (end < operations.length && changeOf(operations[end]!) === what) end++
    const group = operations.slice(at, end)
    if (what === 'upserted') yield table.upserted(group.map((one) => shape.rowOf(one)))
    else if (what === 'deleted') yield table.deleted(group.map((one) => shape.keyOf(one)))
    else yield table.truncated()
    at = end
  }
}

function changeOf({ kind }: RowOperation): 'upserted' | 'deleted' | 'truncated' {
  if (kind === 'delete') return 'deleted'
  return kind === 'truncate' ? 'truncated' : 'upserted'
}
