import type { Failure } from '@tidemark/engine'
import type { FailedThing } from './failure.ts'
import { countText } from './numbers.ts'

/** How many things that fail for the same reason are named. */
const NAMED = 3

export interface FailedTable {
  readonly table: string
  readonly source: string
  /** Empty if the table is not partitioned. */
  readonly partition: string
  readonly failure: Pick<Failure, 'message' | 'remedy' | 'code'>
}

/** A partition that several tables of a source share may fail in all of them for the same reason: the report names it once. */
export function sameFailures<T extends FailedTable>(
  failed: readonly T[],
): readonly (Omit<FailedThing, 'failure'> & Pick<T, 'failure'>)[] {
  const reasons = Map.groupBy(failed, ({ table, source, partition, failure: { message, remedy, code } }) =>
    JSON.stringify([source, partition === '' ? { table } : partition, message, remedy, code]),
  )
  return [...reasons.values()].map((same) => {
    const [first] = same as [T]
    const { table, source, failure } = first
    const named = same.slice(0, NAMED).map(thingOf).join('; ')
    const more = same.length - NAMED
    if (same.length === 1) return { thing: named, table, source, failure }
    return { thing: more > 0 ? `${named} and ${countText(more)} more` : named, source, failure }
  })
}

const thingOf = ({ table, partition }: FailedTable): string =>
  `table ${table}${partition === '' ? '' : `, partition ${partition}`}`
