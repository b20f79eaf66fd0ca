import { positionOf, type Reject, type StepRef } from '@tidemark/core/engine'
import type { Layout } from '../table/columns.ts'

/** Rejected rows of a key range lie where their key does, so that a step that reads it again takes them out. */
export function placedByKey(
  rejects: readonly Reject[],
  { keyRange }: StepRef,
  layout: Layout | undefined,
): readonly Reject[] {
  if (keyRange === undefined || layout === undefined) return rejects
  const at = layout.keyAt.findIndex((one) => layout.columns[one]!.column.name === keyRange.column)
  return rejects.map((one) => ({ ...one, position: one.position ?? integerIn(one.key, at) }))
}

/** An integer of a key that is written as JSON; undefined where it cannot be read. */
function integerIn(key: string | undefined, at: number): Reject['position'] {
  if (key === undefined) return undefined
  try {
    return positionOf(BigInt((JSON.parse(key) as readonly (number | string)[])[at]!), 'integer')
  } catch {
    return undefined
  }
}
