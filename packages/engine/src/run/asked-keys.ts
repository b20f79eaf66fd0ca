import { SyncError } from '@tidemark/core'
import { keyRangeAt } from '@tidemark/core/engine'
import type { StepTask } from './step-task.ts'

/** The key range of a step as its table's `read` receives it. @throws SyncError where its columns changed since it was planned, and it is cut no more. */
export function askedKeys({ table, prepared, step: { keyRange } }: StepTask): { readonly keyRange?: unknown } {
  if (keyRange === undefined) return {}
  const cut = table.keyRanges?.column
  if (cut?.column !== keyRange.column)
    throw new SyncError(
      `${prepared.name}: it can no longer be read in ranges of "${keyRange.column}"; the next sync reads all of it`,
      'retry',
    )
  return { keyRange: keyRangeAt(keyRange, cut) }
}
