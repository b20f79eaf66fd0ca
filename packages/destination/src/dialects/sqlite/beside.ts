import type { Rail } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { replacedRanges } from '../../rows/rail.ts'
import { besideRanges, mainTable } from './statements.ts'
import type { Named, Target } from './target.ts'

/** Whether a partition has rows beside those that the run replaces. */
export function hasBeside(target: Target, rail: Rail, named: Named): boolean {
  const { layout } = target
  const ranges = replacedRanges(rail) ?? []
  const bounds = ranges.flatMap(({ from, to }, at) => [
    [`from_${at}`, from ?? null],
    [`to_${at}`, to],
  ])
  const some = () =>
    sql`select exists (select 1 from ${mainTable(layout.name)} as t where ${besideRanges(layout, ranges.length)})`
  return target.count(`beside ${ranges.length}`, some, { ...named, ...Object.fromEntries(bounds) }) === 1
}
