import type { Batch } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Terms } from '../dialects/terms.ts'
import { keyAndPosition } from './key-row.ts'
import { changed } from './run.ts'
import { list } from './sql.ts'
import { leaveMarks, markLate, markRows, raiseMarks } from './statements.ts'
import type { Writing } from './writing.ts'

/** Applies reported deletions, a relation of keys and positions. @returns how many rows were marked. */
export async function applyDeletions(
  { session, target }: Writing,
  reported: RawBuilder<unknown>,
  { terms, tombstones }: { readonly terms: Terms; readonly tombstones: boolean },
): Promise<number> {
  const key = list(target.layout.key)
  // Of several of one key the greatest position counts.
  const source = sql`(select ${key}, max(_cursor) as _cursor from ${reported} as reported group by ${key})`
  const marked = await changed(session, markRows(target, source, terms))
  await changed(session, raiseMarks(target, source, terms))
  if (tombstones) await changed(session, leaveMarks(target, source, terms))
  return marked
}

/** Marks rows as deleted although their deletions came from below. @returns how many. */
export async function markLateDeletions(
  { session, target }: Writing,
  { lateDeletions = [], lateBelow }: Batch,
  terms: Terms,
): Promise<number> {
  if (lateBelow === undefined || lateDeletions.length === 0) return 0
  const keys = lateDeletions.map(({ key, position }) => keyAndPosition(key, position))
  return await session.withKeys(target, keys, (source) => changed(session, markLate(target, source, lateBelow, terms)))
}
