import type { Table } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import { rowsIn, type SourceWait } from '../source/source-wait.ts'

/** What is read of a table beside its feed. */
export interface PagesOf {
  readonly source: Pick<DiscoveredSource, 'client' | 'log' | 'guard'>
  readonly backfill: NonNullable<NonNullable<Table['feed']>['backfill']>
  /** The committed offset that they hold everything up to. */
  readonly asOf: unknown
  /** The chunk, as JSON text. */
  readonly label?: string | undefined
  /** In its place the keys of rows. */
  readonly keys?: readonly unknown[] | undefined
}

/** Reads a chunk of a table of a feed, or rows by their keys. @returns the offset that the feed must pass. */
export async function readPages(
  { source, backfill, asOf, label, keys }: PagesOf,
  wait: SourceWait,
  take: (page: unknown) => void | Promise<void>,
): Promise<unknown> {
  const { client, log, guard } = source
  const asked = { client, log, signal: wait.signal, asOf }
  const pages = guard.run(() =>
    label === undefined
      ? backfill.rows!({ ...asked, keys } as never)
      : backfill.read({ ...asked, chunk: JSON.parse(label) } as never),
  )
  for (;;) {
    const page = await wait.page(() => pages.next(), rowsIn)
    if (page.done === true) return page.value
    await take(page.value)
  }
}
