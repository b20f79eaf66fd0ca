import { setTimeout as sleep } from 'node:timers/promises'
import type { TableState } from '@tidemark/core/engine'
import { countRows, type Reader, type RowCount } from '@tidemark/destination'

export interface RowCounts {
  /** The known count of a table; starts counting if it is not known, for a later call. */
  of(table: TableState): RowCount | undefined
  /** The same, but counts at once if it is not known. */
  now(table: TableState): Promise<RowCount | undefined>
}

/** Counting stops here: more is shown as "more than". */
const MAX_ROWS_COUNTED = 1_000_000
/** A table is counted again only after this many times as long as counting it took. */
const REST = 20

interface Kept {
  readonly count: RowCount
  readonly syncedAt: bigint | null
  readonly again: number
}

/** Counts rows one table at a time, in the background, and again only after a sync. */
export function createRowCounts(reader: Reader, onCounted: () => void): RowCounts {
  const kept = new Map<string, Kept>()
  const wanted = new Map<string, TableState>()
  let isWorking = false

  const count = async ({ name, lastSyncedAt }: TableState): Promise<void> => {
    wanted.delete(name)
    const started = performance.now()
    try {
      const found = await countRows(reader, name, { most: MAX_ROWS_COUNTED })
      const again = performance.now() + (performance.now() - started) * REST
      kept.set(name, { count: found, syncedAt: lastSyncedAt, again })
    } catch {
      // A table that was dropped outside Tidemark has no rows to count; its state shows that.
    }
  }

  const work = async (): Promise<void> => {
    // Send the pending response first.
    await sleep(20)
    for (const table of wanted.values()) {
      await count(table)
      await sleep(1)
    }
    isWorking = false
    onCounted()
  }

  return {
    of(table) {
      const known = kept.get(table.name)
      const isOld = known === undefined || (known.syncedAt !== table.lastSyncedAt && performance.now() > known.again)
      if (isOld && table.present !== 'missing') {
        wanted.set(table.name, table)
        if (isWorking) return known?.count
        isWorking = true
        void work()
      }
      return known?.count
    },
    async now(table) {
      if (!kept.has(table.name)) await count(table)
      return kept.get(table.name)?.count
    },
  }
}
