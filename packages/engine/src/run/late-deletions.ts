import type { Deletion } from '@tidemark/core/engine'
import { keyText } from '../read/batch-buffer.ts'
import type { SeenRows } from '../read/seen-rows.ts'
import type { StepTask } from './step-task.ts'

/**
 * Deletions that a step reported below newer versions of their rows: a transaction that began earlier deleted the row last. The
 * deletion may also be one of long ago, and the row may have moved on, so the source is asked whether it has it elsewhere.
 */
export async function lateDeletionsOf(
  { destination, lease, ref, step, elsewhere }: StepTask,
  seen: SeenRows | undefined,
): Promise<readonly Deletion[]> {
  const told = seen?.lateDeletions() ?? []
  const lateBelow = step.window?.from
  if (told.length === 0 || lateBelow === undefined || elsewhere === undefined) return []
  const newer: Readonly<Record<string, unknown>>[] = []
  for await (const keys of destination.missing(lease, ref, { lateBelow, lateDeletions: told })) newer.push(...keys)
  if (newer.length === 0) return []
  const alive = new Set<string>()
  const canTell = await elsewhere([newer], (keys) => {
    for (const key of keys) alive.add(keyText(key))
  })
  return canTell ? told.filter(({ key }) => !alive.has(keyText(key))) : []
}
