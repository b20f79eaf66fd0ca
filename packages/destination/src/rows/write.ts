import type { Batch } from '@tidemark/core/engine'
import type { Loaded } from '../dialects/encoded-rows.ts'
import { applyDeletions, markLateDeletions } from './deletions.ts'
import type { Written } from './filling.ts'
import { keyAndPosition } from './key-row.ts'
import { LateRowCounter } from './late-row-counter.ts'
import { rejectOf } from './refused.ts'
import { rowsIn } from './rows-in.ts'
import { termsOf } from './step-terms.ts'
import type { Writing } from './writing.ts'

/** Writes a batch straight into its table: its rows, then its deletions. */
export async function writePart(writing: Writing, batch: Batch, now: bigint): Promise<Written> {
  const { dialect, session, target } = writing
  const { layout } = target
  const terms = termsOf(dialect, batch, now)
  const late = new LateRowCounter(batch.lateBelow, terms)
  const {
    written,
    refused,
    deduped = 0,
  }: Loaded = rowsIn(batch) === 0
    ? { written: 0, refused: [] }
    : await session.write(target, batch, { now, terms, lateRows: late })
  const { deletions, tombstones } = batch
  const keys = layout.key.length === 0 ? [] : deletions.map(({ key, position }) => keyAndPosition(key, position))
  const reported =
    keys.length === 0
      ? 0
      : await session.withKeys(target, keys, (source) => applyDeletions(writing, source, { terms, tombstones }))
  return {
    written,
    deduped,
    deleted: reported + (await markLateDeletions(writing, batch, terms)),
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, dialect.canonical)),
    lateRows: late.found,
  }
}
