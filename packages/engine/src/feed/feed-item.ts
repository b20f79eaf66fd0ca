import { SyncError } from '@tidemark/core'
import { asChange, type FeedCheckpoint } from '@tidemark/core/engine'
import type { CommitOptions } from './feed-writer.ts'

/** What a feed yields next. */
export type NextItem = IteratorResult<unknown, unknown>

/** What a checkpoint commits: its offset, and when the system had made it. */
export const toldBy = ({ offset, options: { at } }: FeedCheckpoint): NonNullable<CommitOptions['checkpoint']> => ({
  offset: offsetText(offset),
  toldAt: at === undefined ? null : BigInt(at.getTime()) * 1000n,
})

/** How far an item of a feed gets: rows of a change; a checkpoint as much as one. */
export function weightOf({ value }: NextItem): number {
  const change = asChange(value)
  return change?.kind === 'upserted' ? change.rows.length : 1
}

export function offsetText(offset: unknown): string {
  const text = JSON.stringify(offset)
  if (typeof text !== 'string') throw new SyncError('a checkpoint has an offset that JSON does not hold', 'fix-source')
  return text
}
