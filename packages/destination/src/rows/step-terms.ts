import type { Batch, StepRef } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Target } from '../dialects/target.ts'
import type { KeyTerms, RangeTerms, Terms } from '../dialects/terms.ts'
import type { Layout } from '../table/columns.ts'
import { stampText } from '../values/value-text.ts'
import { and } from './sql.ts'

/** @param truth absent: what the step reads. */
export function termsOf(
  { moment }: { moment(text: RawBuilder<unknown>): RawBuilder<unknown> },
  { step, truth = step.window }: Pick<Batch, 'truth'> & { readonly step: StepRef },
  now: bigint,
): Terms {
  return {
    now: moment(sql`${stampText(now)}`),
    began: moment(sql`${stampText(step.beganAt)}`),
    partition: sql`${step.partition}`,
    run: sql`${step.run}`,
    read: rangeTerms(step.window),
    truth: rangeTerms(truth),
  }
}

function rangeTerms(range: StepRef['window']): RangeTerms | undefined {
  if (range === undefined) return undefined
  return { from: range.from === undefined ? undefined : sql`${range.from}`, to: sql`${range.to}` }
}

/** The key range of a step in its table. */
export function keyTerms({ layout }: Pick<Target, 'layout'>, { keyRange }: StepRef): KeyTerms | undefined {
  if (keyRange === undefined) return undefined
  const at = layout.keyAt.findIndex((one) => layout.columns[one]!.column.name === keyRange.column)
  const column = layout.key[at]
  if (column === undefined) throw new Error(`"${keyRange.column}" is not part of the key of "${layout.name}"`)
  const { from, to } = keyRange
  return {
    column,
    from: from === undefined ? undefined : sql`${from}`,
    to: to === undefined ? undefined : sql`${to}`,
  }
}

/** That a row (alias t) lies in the key range of its step; no condition where it has none. */
export function inKeys({ keys }: Pick<Terms, 'keys'>): readonly RawBuilder<unknown>[] {
  return [
    ...(keys?.from === undefined ? [] : [sql`t.${sql.id(keys.column)} >= ${keys.from}`]),
    ...(keys?.to === undefined ? [] : [sql`t.${sql.id(keys.column)} < ${keys.to}`]),
  ]
}

/** Whether a row (alias t) lies in a range. */
export function inRange({ from, to }: RangeTerms): RawBuilder<unknown> {
  return from === undefined ? sql`t._cursor < ${to}` : sql`t._cursor >= ${from} and t._cursor < ${to}`
}

/** Whether a row (alias t) lies in what a step reads: its partition, and its window or key range where it has one. */
export function inScope(
  { partitioned }: Pick<Layout, 'partitioned'>,
  { partition, read, keys }: Terms,
): RawBuilder<unknown> {
  return and([
    ...(partitioned ? [sql`t._partition = ${partition}`] : []),
    ...(read === undefined ? [] : [inRange(read)]),
    ...inKeys({ keys }),
  ])
}

/** The condition that a row (alias t) is of the step's own partition, behind others. */
export function ofPartition({ partitioned }: Pick<Layout, 'partitioned'>, { partition }: Terms): RawBuilder<unknown> {
  return partitioned ? sql` and t._partition = ${partition}` : sql``
}
