import { type Range, union } from '@tidemark/core/engine'
import type { PlannedTable, Step } from './plan.ts'
import { type RangePlan, type TablePlan, windowText } from './preview.ts'

const LISTED = 100

/** Steps in few words: of each kind the ranges that its windows make together, the newest first, live before history. */
export function rangesOf(steps: readonly Step[], planned: Pick<PlannedTable, 'surveyed'>): readonly RangePlan[] {
  const groups = Map.groupBy(steps, ({ lane, kind }) => `${lane} ${kind}`)
  const ranges = [...groups.values()].flatMap((group) => rangesOfKind(group, planned))
  return ranges.sort((a, b) => rank(a) - rank(b)).slice(0, LISTED)
}

const rank = ({ lane, kind }: RangePlan): number => (kind === 'reread' ? 2 : 0) + (lane === 'live' ? 0 : 1)

function rangesOfKind(steps: readonly Step[], planned: Pick<PlannedTable, 'surveyed'>): readonly RangePlan[] {
  const [first] = steps
  if (first === undefined) return []
  const common = { lane: first.lane, kind: first.kind }
  const whole = steps.filter(({ window }) => window === undefined)
  const windowed = steps.flatMap(({ window, read, partition }) =>
    window === undefined ? [] : [{ window, read, partition }],
  )
  const joined = [...union(windowed.map(({ window }) => window))].reverse()
  return [
    ...(whole.length === 0
      ? []
      : [{ ...common, window: undefined, readFrom: undefined, windows: whole.length, partitions: whole.length }]),
    ...joined.slice(0, LISTED).map((range) => {
      const within = windowed.filter(({ window }) => isWithin(window, range))
      const lookedBack = within.find(({ window, read }) => window.from === range.from && read?.from !== window.from)
      return {
        ...common,
        window: windowText(range, planned),
        readFrom: lookedBack?.read?.from === undefined ? undefined : windowText(lookedBack.read, planned).from,
        windows: within.length,
        partitions: new Set(within.map(({ partition }) => partition)).size,
      }
    }),
  ]
}

function isWithin(window: Range, { from, to }: Range): boolean {
  return window.to <= to && (from === undefined || (window.from !== undefined && window.from >= from))
}

/** Where rows that do not come back go. */
export function deletesOf(steps: readonly Step[], { surveyed }: Pick<PlannedTable, 'surveyed'>): TablePlan['deletes'] {
  if (steps.some(({ kind }) => kind === 'whole')) return 'whole'
  // Without a key a window is replaced as a whole, also the part of it that is only looked back into.
  const replaces = surveyed.table.primaryKey.length === 0
  const again = steps.some(({ kind, window, read }) => kind === 'reread' || (replaces && read?.from !== window?.from))
  return again ? 'rereads' : undefined
}
