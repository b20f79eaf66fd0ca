import { SyncError } from '@tidemark/core'
import type { Table } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import type { SourceWait } from '../source/source-wait.ts'

/** Asks the source to cut a table into chunks. @returns their labels, JSON texts. */
export async function cutChunks(
  { table, source }: { readonly table: Table; readonly source: Pick<DiscoveredSource, 'client' | 'log'> },
  wait: SourceWait,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { client, log } = source
  const labels: string[] = []
  const list = await wait.answer(() => table.feed!.backfill!.chunks({ client, log, signal: wait.signal } as never))
  for await (const one of list as AsyncIterable<unknown>) {
    const text = JSON.stringify(one)
    if (typeof text !== 'string')
      throw new SyncError(`table "${table.name}": chunks() gave what JSON does not hold`, 'fix-source')
    labels.push(text)
    signal.throwIfAborted()
  }
  return labels
}
