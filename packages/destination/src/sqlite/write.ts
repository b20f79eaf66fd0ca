import type { Deletion, Part } from '@tidemark/core/engine'
import { dataColumns } from '../columns.ts'
import { decode } from '../decode.ts'
import { rejectOf } from '../refused.ts'
import type { Written } from '../row-writer.ts'
import { stampText } from '../value-text.ts'
import { leaveMark, markRow, raiseMark, writeRows } from './statements.ts'
import { type Named, refusesIn, type Target, writeBulk } from './target.ts'

/** Writes a part straight into its table: its rows, then its deletions. */
export function writePart(target: Target, part: Part, now: bigint): Written {
  const { layout } = target
  const named: Named = { now: stampText(now), partition: part.step.partition }
  const { changes, refused } = writeBulk(part.rows, {
    statement: (count) => target.statement(`write ${count}`, () => writeRows(layout, count)),
    width: dataColumns(layout).length + 1,
    named,
    refuses: refusesIn(target.raw),
  })
  return {
    written: changes,
    deleted: applyDeletions(target, part.deletions, { named, tombstones: part.tombstones }),
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, decode)),
  }
}

/** Applies told deletions. @returns how many rows were marked. */
export function applyDeletions(
  target: Target,
  deletions: readonly Deletion[],
  { named, tombstones }: { readonly named: Named; readonly tombstones: boolean },
): number {
  const { layout } = target
  if (layout.key.length === 0) return 0
  let marked = 0
  for (const { key, position } of deletions) {
    const at = { ...named, position }
    if (target.run('mark', () => markRow(layout), at, key) > 0) marked++
    else if (target.run('raise', () => raiseMark(layout), at, key) === 0 && tombstones)
      target.run('leave', () => leaveMark(layout), at, key)
  }
  return marked
}
