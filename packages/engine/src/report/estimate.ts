import type { State, StepKind, StepRate, StepRates } from '@tidemark/core/engine'
import type { Work } from './work.ts'
import { workLeft } from './work-left.ts'

/** What is to be read, and what that takes by what earlier steps took. */
export interface Estimate {
  /** Windows, key ranges and whole partitions; at least so many where `atLeast` says so. */
  readonly windows: number
  readonly atLeast: boolean
  /** Windows of a kind that was never read of their table: what follows is without them. */
  readonly unknownWindows: number
  /** Null: nothing is known of any of the windows. */
  readonly ms: number | null
  /** A page counts as a request. Null: the pages of some of the windows were never counted. */
  readonly requests: number | null
  /** Of one step at a time. Null: there are no windows, or nothing is known of them. */
  readonly rowsPerSecond: number | null
}

/** How many steps run at the same time: over all sources, of each, and of each table. */
export interface Concurrency {
  readonly overall: number
  readonly perSource: number
  /** Absent: as many as its source allows. */
  readonly perTable?: number | undefined
}

export interface Estimates {
  /** By name. */
  readonly tables: ReadonlyMap<string, Estimate>
  readonly sources: ReadonlyMap<string, Estimate>
  /** Of all of them, read at the same time as far as the config allows. */
  readonly all: Estimate
}

export interface EstimateOptions {
  readonly rates: StepRates
  readonly concurrency: Concurrency
}

/** What is left to read. `plan`, `status`, the dashboard and the metrics show what this says, and nothing else. Pure. */
export function estimateLeft(state: Pick<State, 'tables'>, options: EstimateOptions): Estimates {
  return estimate(workLeft(state), options)
}

/** What reading windows takes. Pure. */
export function estimate(work: readonly Work[], options: EstimateOptions): Estimates {
  return {
    tables: new Map(work.map((one) => [one.name, estimateAll([one], options)])),
    sources: new Map(
      [...Map.groupBy(work, ({ source }) => source)].map(([source, own]) => [source, estimateAll(own, options)]),
    ),
    all: estimateAll(work, options),
  }
}

function estimateAll(work: readonly Work[], { rates, concurrency }: EstimateOptions): Estimate {
  const { overall, perSource, perTable = Number.POSITIVE_INFINITY } = concurrency
  const msOf = new Map<string, number>()
  let [windows, unknown, rows, sum, least] = [0, 0, 0, 0, 0]
  let requests: number | null = 0
  for (const { name, source, steps } of work) {
    let own = 0
    for (const { kind, windows: count } of steps) {
      if (count === 0) continue
      windows += count
      const rate = rateOf(rates.get(name), kind)
      if (rate === undefined) {
        unknown += count
        continue
      }
      own += rate.ms * count
      rows += rate.rows * count
      least = Math.max(least, rate.ms)
      requests = rate.pages === undefined || requests === null ? null : requests + rate.pages * count
    }
    sum += own
    least = Math.max(least, own / Math.min(overall, perSource, perTable))
    msOf.set(source, (msOf.get(source) ?? 0) + own)
  }
  const slowest = [...msOf.values()].reduce((most, ms) => Math.max(most, ms), 0)
  const isUnknown = windows > 0 && unknown === windows
  return {
    windows,
    atLeast: work.some(({ isLeast }) => isLeast),
    unknownWindows: unknown,
    ms: isUnknown ? null : Math.round(Math.max(least, sum / overall, slowest / Math.min(perSource, overall))),
    requests: isUnknown || requests === null ? null : Math.round(requests),
    rowsPerSecond: sum === 0 ? null : Math.round((rows / sum) * 1000),
  }
}

/** A backfill and a resync read windows of one length. */
const ALIKE: Readonly<Partial<Record<StepKind, StepKind>>> = { backfill: 'resync', resync: 'backfill' }

function rateOf(rates: ReadonlyMap<StepKind, StepRate> | undefined, kind: StepKind): StepRate | undefined {
  const alike = ALIKE[kind]
  return rates?.get(kind) ?? (alike === undefined ? undefined : rates?.get(alike))
}
