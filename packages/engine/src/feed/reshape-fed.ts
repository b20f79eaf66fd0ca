import { SyncError } from '@tidemark/core'
import { columnsOf, messageOf, type TableChange } from '@tidemark/core/engine'
import { columnsKept } from '../discover/settings.ts'
import { shapeOf } from '../run/shape-of.ts'
import type { TableRun } from '../run/table-run.ts'
import type { FeedWork } from './feed-work.ts'
import type { FeedWriter } from './feed-writer.ts'

/**
 * From here on a table has other columns: the destination has them before what follows is written. A table that cannot get them
 * is paused.
 */
export async function reshapeFed(
  table: TableRun,
  { row }: TableChange & { readonly kind: 'schema-changed' },
  { context }: FeedWork,
  writer: FeedWriter,
): Promise<void> {
  const { discovered, lease } = table
  const { destination, options } = context
  const { name } = discovered.source
  if (lease === undefined) return
  const now = { ...discovered.table, row, columns: columnsOf(row) }
  const own = options.sources.find((one) => one.name === name)?.options ?? {}
  const changed = { ...discovered, table: now, columns: columnsKept(name, now, own) }
  try {
    // A chunk that was encoded for the columns of before must not be committed in between.
    await writer.alone(async () => {
      table.prepared = await destination.prepare(lease, shapeOf(changed))
      table.discovered = changed
    })
    for (const one of table.prepared?.changes ?? []) {
      options.log?.info(`${table.name}: ${one}`, { event: 'table-changed', table: table.name })
    }
  } catch (error) {
    if (!SyncError.is(error) || error.code !== 'schema') throw error
    await writer.pause(table, messageOf(error))
  }
}
