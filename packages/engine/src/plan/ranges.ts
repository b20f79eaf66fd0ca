import { type Range, union } from '@tidemark/core/engine'
import type { PlannedTable } from './planned-table.ts'
import type { Step } from './step.ts'
import { countOf, isOpen, type StepSpan, stepOf } from './step-list.ts'
import { type WindowText, windowText } from './window-text.ts'

/** Windows of one kind that follow one another, as one range. */
export interface RangePlan {
  readonly lane: 'current' | 'backfill'
  readonly kind: Step['kind']
  /** Undefined where partitions are read whole, or in ranges of their keys. */
  readonly window: WindowText | undefined
  /** Where reading starts, when a lookback reaches under it. */
  readonly readFrom: string | undefined
  /** How many windows there are; at least so many where `untilEmpty` says so. */
  readonly windows: number
  /** It has no start: windows are read from its end down until one is empty, and then what is left as one. */
  readonly untilEmpty: boolean
  readonly partitions: number
}

const MAX_RANGES_LISTED = 100

/** Steps in few words: of each kind the ranges that its windows make together, the newest first, incremental before backfill. */
export function rangesOf(spans: readonly StepSpan[], planned: Pick<PlannedTable, 'discovered'>): readonly RangePlan[] {
  const groups = Map.groupBy(spans, ({ lane, kind }) => `${lane} ${kind}`)
  const ranges = [...groups.values()].flatMap((group) => rangesOfKind(group, planned))
  return ranges.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_RANGES_LISTED)
}

const rank = ({ lane, kind }: RangePlan): number => (kind === 'resync' ? 2 : 0) + (lane === 'current' ? 0 : 1)

function rangesOfKind(spans: readonly StepSpan[], planned: Pick<PlannedTable, 'discovered'>): readonly RangePlan[] {
  const [first] = spans
  if (first === undefined) return []
  const common = { lane: first.lane, kind: first.kind }
  const whole = spans.filter(({ windows }) => windows === undefined)
  const windowed = spans.flatMap((span) => (span.windows === undefined ? [] : [{ span, range: span.windows.range }]))
  const joined = [...union(windowed.map(({ range }) => range))].reverse()
  return [
    ...(whole.length === 0
      ? []
      : [
          {
            ...common,
            window: undefined,
            readFrom: undefined,
            windows: whole.length,
            untilEmpty: false,
            partitions: partitionsOf(whole),
          },
        ]),
    ...joined.slice(0, MAX_RANGES_LISTED).map((range) => {
      const within = windowed.filter((one) => isWithin(one.range, range)).map(({ span }) => span)
      const lookedBack = within
        .map(lowestOf)
        .find(({ window, read }) => window?.from === range.from && isBelow(read, window))
      return {
        ...common,
        window: windowText(range, planned),
        readFrom: lookedBack?.read?.from === undefined ? undefined : windowText(lookedBack.read, planned).from,
        windows: within.reduce((sum, span) => sum + countOf(span), 0),
        untilEmpty: within.some(isOpen),
        partitions: partitionsOf(within),
      }
    }),
  ]
}

const partitionsOf = (spans: readonly StepSpan[]): number => new Set(spans.map(({ partition }) => partition)).size

/** The only step of a span that may look back: a covered end borders its range below. */
const lowestOf = (span: StepSpan): Step => stepOf(span, span.windows?.oldest)
const isBelow = (read: Range | undefined, window: Range | undefined): boolean => read?.from !== window?.from

function isWithin(window: Range, { from, to }: Range): boolean {
  return window.to <= to && (from === undefined || (window.from !== undefined && window.from >= from))
}

/** Where rows that do not come back go. */
export function deletesOf(
  spans: readonly StepSpan[],
  { discovered }: Pick<PlannedTable, 'discovered'>,
): 'full_refresh' | 'resyncs' | undefined {
  if (spans.some(({ kind }) => kind === 'full_refresh')) return 'full_refresh'
  // Without a key a window is replaced as a whole, also the part of it that is only looked back into.
  const replaces = discovered.table.primaryKey.length === 0
  const again = spans
    .map(lowestOf)
    .some(({ kind, window, read }) => kind === 'resync' || (replaces && isBelow(read, window)))
  return again ? 'resyncs' : undefined
}
