import type { Committed, Deletion, Part } from '@tidemark/core/engine'
import { rejectOf } from '../../rows/refused.ts'
import type { Written } from '../../rows/row-writer.ts'
import { dataColumns } from '../../table/columns.ts'
import { decode } from '../../values/decode.ts'
import { leaveMark, markLate, markRow, raiseMark, writeRows } from './statements.ts'
import { stepScope } from './step-scope.ts'
import { type Named, refusesIn, type Target, writeBulk } from './target.ts'

/** Writes a part straight into its table: its rows, then its deletions. */
export function writePart(target: Target, part: Part, now: bigint): Written {
  const { layout } = target
  const { truth = part.step.window } = part
  const named: Named = {
    ...stepScope(layout, part.step, now).named,
    truth_from: truth?.from ?? null,
    truth_to: truth?.to ?? null,
  }
  const write = (rows: Part['rows']) =>
    writeBulk(rows, {
      statement: (count) => target.statement(`write ${count}`, () => writeRows(layout, count)),
      width: dataColumns(layout).length + 1,
      named,
      refuses: refusesIn(target.raw),
      whole: (work) => target.whole(work),
    })
  const bands = bandsOf(part)
  const all = bands.map((rows) => ({ rows, ...write(rows) }))
  return {
    written: all.reduce((sum, { changes }) => sum + changes, 0),
    deleted:
      applyDeletions(target, part.deletions, { named, tombstones: part.tombstones }) +
      markLateRows(target, part, named),
    rejects: all.flatMap(({ refused }) => refused.map(({ row, error }) => rejectOf(layout, row, error, decode))),
    late: lateOf(all.slice(0, -1)),
  }
}

/** Into so many bands a lookback is divided: how late a row came is known as well as that. */
const BANDS = 8

/** The rows of a part: those that were only looked back for in bands, the lowest first, then all others. */
function bandsOf({ rows, lateBelow }: Part): readonly Part['rows'][] {
  if (lateBelow === undefined) return [rows]
  const positionOf = (row: readonly unknown[]) => row.at(-1) as number | bigint | null
  const isLate = (row: readonly unknown[]): boolean => {
    const position = positionOf(row)
    return position !== null && position < lateBelow
  }
  const late = rows.filter(isLate)
  if (late.length === 0) return [rows]
  const sorted = late.toSorted((a, b) => (positionOf(a)! < positionOf(b)! ? -1 : 1))
  const size = Math.ceil(sorted.length / BANDS)
  const bands = Array.from({ length: BANDS }, (_, at) => sorted.slice(at * size, (at + 1) * size))
  return [...bands.filter((band) => band.length > 0), rows.filter((row) => !isLate(row))]
}

/** Of a band in which something was written the middle stands for how low that lies. */
function lateOf(bands: readonly { readonly rows: Part['rows']; readonly changes: number }[]): Committed['late'] {
  const rows = bands.reduce((sum, { changes }) => sum + changes, 0)
  const lowest = bands.find(({ changes }) => changes > 0)?.rows
  if (lowest === undefined) return undefined
  return { rows, lowest: BigInt(lowest[Math.floor(lowest.length / 2)]!.at(-1) as number | bigint) }
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

/** Marks rows that are gone though their deletions came from below. @returns how many. */
function markLateRows(target: Target, { lateDeletions = [], lateBelow }: Part, named: Named): number {
  if (lateBelow === undefined) return 0
  const { layout } = target
  return lateDeletions.reduce((marked, { key, position }) => {
    const at = { ...named, position, below: lateBelow }
    return marked + target.run('mark late', () => markLate(layout), at, key)
  }, 0)
}
