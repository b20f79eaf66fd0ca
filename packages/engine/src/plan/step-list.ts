import { type KeyRangeRef, OpenWindows, type Range, type StepKind, subtract, type Windows } from '@tidemark/core/engine'
import type { Step } from './step.ts'

/** Steps of one kind for the windows of one range; without windows one step for the whole partition, or a range of its keys. */
export interface StepSpan {
  readonly table: string
  readonly partition: string
  readonly lane: Step['lane']
  readonly kind: StepKind
  readonly windows: Windows | OpenWindows | undefined
  /** The range of keys of a step without windows; absent: all of them. */
  readonly keyRange?: KeyRangeRef | undefined
  /** Where a window is read from; absent: from its start. */
  readonly readFrom?: ((window: Range) => bigint | undefined) | undefined
}

/** The steps of a partition, made as they are asked for: a plan may hold more of them than any memory does. */
export class StepList implements Iterable<Step> {
  /** In the order in which they are planned. */
  readonly spans: readonly StepSpan[]

  constructor(spans: readonly StepSpan[] = []) {
    this.spans = spans.filter(({ windows }) => windows === undefined || windows.count > 0)
  }

  /** How many steps are known; above 2^53 about so many. There may be more of them where `untilEmpty` says so. */
  get count(): number {
    return this.spans.reduce((sum, span) => sum + countOf(span), 0)
  }

  /** Whether windows of a range without a start are read until one is empty: of them, only one is counted. */
  get untilEmpty(): boolean {
    return this.spans.some(isOpen)
  }

  /** The range without a start among those that are cut into windows: nothing of a partition is below it. */
  get open(): Range | undefined {
    return this.spans.find(isOpen)?.windows?.range
  }

  /** How many of them a predicate keeps, by what all steps of a span share. */
  countIn(keep: (span: StepSpan) => boolean): number {
    return this.only(keep).count
  }

  only(keep: (span: StepSpan) => boolean): StepList {
    return new StepList(this.spans.filter(keep))
  }

  /** The ranges of all windows, by a predicate of their spans. */
  ranges(keep: (span: StepSpan) => boolean = () => true): readonly Range[] {
    return this.spans.flatMap((span) => (span.windows === undefined || !keep(span) ? [] : [span.windows.range]))
  }

  /** Those inside of a range and those outside of it; a window across an edge is cut there. Whole partitions are outside. */
  divide(range: Range): { readonly inside: StepList; readonly outside: StepList } {
    const within = (span: StepSpan, one: Range): StepSpan[] =>
      span.windows === undefined ? [] : [{ ...span, windows: span.windows.within(one) }]
    return {
      inside: new StepList(this.spans.flatMap((span) => within(span, range))),
      outside: new StepList(
        this.spans.flatMap((span) =>
          span.windows === undefined
            ? [span]
            : subtract([span.windows.range], [range]).flatMap((rest) => within(span, rest)),
        ),
      ),
    }
  }

  /** As they are planned; what is read until a window is empty as one step. */
  *[Symbol.iterator](): Generator<Step> {
    for (const span of this.spans) {
      if (isOpen(span)) yield stepOf(span, span.windows?.range)
      else yield* stepsOf(span)
    }
  }

  /** As the steps of one lane are run: incremental steps as planned, backfill steps with the newest first. */
  *inLane(lane: Step['lane']): Generator<Step> {
    const own = this.spans.filter((span) => span.lane === lane)
    // Only a run finds out where the windows of a range without a start end: nothing is behind them.
    const planned = [...own.filter((span) => !isOpen(span)), ...own.filter(isOpen)]
    for (const span of lane === 'current' ? planned : own.toSorted(newestFirst)) yield* stepsOf(span)
  }
}

/** Every window of a backfill is newer than all of another span, because what is covered and what is not never overlap. */
function newestFirst({ windows: a }: StepSpan, { windows: b }: StepSpan): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return a.range.to === b.range.to ? 0 : a.range.to > b.range.to ? -1 : 1
}

export const countOf = ({ windows }: StepSpan): number => windows?.count ?? 1

export const isOpen = ({ windows }: StepSpan): boolean => windows instanceof OpenWindows

function* stepsOf(span: StepSpan): Generator<Step> {
  const { windows, lane } = span
  if (windows === undefined) yield stepOf(span, undefined)
  else {
    const isDown = lane === 'backfill' || windows instanceof OpenWindows
    for (const window of isDown ? windows.newestFirst() : windows) yield stepOf(span, window)
  }
}

export function stepOf(
  { table, partition, lane, kind, keyRange, readFrom }: StepSpan,
  window: Range | undefined,
): Step {
  if (window === undefined)
    return { table, partition, lane, kind, window, read: undefined, ...(keyRange === undefined ? {} : { keyRange }) }
  const from = readFrom === undefined ? window.from : readFrom(window)
  const read = from === window.from ? window : { from, to: window.to }
  return { table, partition, lane, kind, window, read }
}
