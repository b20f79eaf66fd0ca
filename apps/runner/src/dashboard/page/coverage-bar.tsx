import type { Bar } from '../answers.ts'
import { format } from './format.ts'

const WIDTH = 1000
/** Minimum width of a segment, so that a short gap in a long history is visible. */
const THINNEST = 5

interface CoverageBarProps {
  readonly bar: Bar
  readonly large?: boolean
  /** The time axis that it is drawn on, in milliseconds since 1970; absent: its own. */
  readonly axis?: TimeAxis | undefined
}

export type TimeAxis = readonly [from: number, to: number]

/** A time axis on which all of these coverages fit; undefined: none of them has a cursor that is a time. */
export function axisOfAll(bars: readonly (Bar | null)[]): TimeAxis | undefined {
  const spans = bars.flatMap((bar) => (bar?.span == null ? [] : [bar.span]))
  return spans.length === 0
    ? undefined
    : [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, to]) => to))]
}

/** Where a fraction of a coverage lies on the axis. */
function placing({ span }: Bar, axis: TimeAxis | undefined): (fraction: number) => number {
  if (axis === undefined || span === null || axis[1] <= axis[0]) return (fraction) => fraction
  return (fraction) => (span[0] + fraction * (span[1] - span[0]) - axis[0]) / (axis[1] - axis[0])
}

/** The number of gaps; what a backfill is still to read does not count. */
export function gapsIn({ gaps, segments, comingTo }: Bar): number {
  const coming = segments.filter(
    ([from], at) => (at === 0 ? from > 0 : from > segments[at - 1]![1]) && from <= comingTo,
  )
  const first = segments[0]
  const isOldestMissing = gaps > 0 && first !== undefined && first[0] > comingTo && first[0] > 0
  return Math.max(0, gaps - coming.length - (isOldestMissing ? 1 : 0))
}

/** A coverage as a line from its start to now: covered ranges, gaps, and windows that are being read. */
export function CoverageBar({ bar, large = false, axis }: CoverageBarProps) {
  const isComing = hasHistoryToCome(bar)
  const place = placing(bar, axis)
  const [start, end] = [place(0), place(1)]
  const segments = bar.segments.map(([from, to, share]) => [place(from), place(to), share] as const)
  const running = bar.running.map(([from, to]) => [place(from), place(to)] as const)
  const comingTo = place(bar.comingTo)
  return (
    <svg
      class={large ? 'bar large' : 'bar'}
      viewBox={`0 0 ${WIDTH} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={describe(bar)}
    >
      <rect class="track" x={start * WIDTH} width={Math.max(THINNEST, (end - start) * WIDTH)} height="10" />
      {isComing && (
        <rect class="coming" x={start * WIDTH} width={((segments[0]?.[0] ?? start) - start) * WIDTH} height="10" />
      )}
      {segments.map(([from, to, share]) => (
        <rect
          key={from}
          class={share >= 0.9999 ? 'covered' : 'covered partly'}
          x={from * WIDTH}
          width={axis === undefined ? (to - from) * WIDTH : Math.max(THINNEST, (to - from) * WIDTH)}
          height="10"
          fill-opacity={share >= 0.9999 ? 1 : 0.25 + 0.5 * share}
        />
      ))}
      {holesIn(segments).map(([x, width]) => (
        <rect key={x} class={x + width / 2 < comingTo * WIDTH ? 'coming' : 'gap'} x={x} width={width} height="10" />
      ))}
      {running.map(([from, to]) => (
        <rect
          key={`${from} ${to}`}
          class="reading"
          x={Math.min(from * WIDTH, WIDTH - 12)}
          width={Math.max(12, (to - from) * WIDTH)}
          height="10"
        />
      ))}
    </svg>
  )
}

/** Whether the oldest range is missing: the backfill reads it last, so it is not a gap. */
export function hasHistoryToCome({ gaps, segments }: Bar): boolean {
  return gaps > 0 && (segments[0]?.[0] ?? 0) > 0
}

/** The gaps between segments. */
function holesIn(
  segments: readonly (readonly [number, number, number])[],
): readonly (readonly [x: number, width: number])[] {
  return segments.flatMap(([from], at) => {
    const before = segments[at - 1]
    const length = before === undefined ? 0 : (from - before[1]) * WIDTH
    if (length <= 0) return []
    const width = Math.max(THINNEST, length)
    return [[from * WIDTH - length / 2 - width / 2, width] as const]
  })
}

function describe(bar: Bar): string {
  const { share, running, from, to } = bar
  const isComing = hasHistoryToCome(bar)
  const holes = gapsIn(bar)
  const reach = `from ${from === null ? 'the beginning' : format.position(from)} to ${format.position(to)}`
  const more = [
    ...(isComing ? ['backfill in progress'] : []),
    holes === 0 ? 'no gap' : format.plural(holes, 'gap'),
    ...(running.length === 0 ? [] : [`${format.plural(running.length, 'window')} being read`]),
  ]
  return `${format.percent(share)} covered ${reach}, ${more.join(', ')}`
}
