import type { Bar } from '../answers.ts'
import { format } from './format.ts'

const WIDTH = 1000
/** Minimum width of a segment, so that a short gap in a long history is visible. */
const THINNEST = 5

/** A coverage as a line from its start to now: covered ranges, gaps, and windows that are being read. */
export function CoverageBar({ bar, large = false }: { readonly bar: Bar; readonly large?: boolean }) {
  const { segments, running } = bar
  const isComing = hasHistoryToCome(bar)
  return (
    <svg
      class={large ? 'bar large' : 'bar'}
      viewBox={`0 0 ${WIDTH} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={describe(bar)}
    >
      <rect class="track" width={WIDTH} height="10" />
      {isComing && <rect class="coming" width={(segments[0]?.[0] ?? 0) * WIDTH} height="10" />}
      {segments.map(([from, to, share]) => (
        <rect
          key={from}
          class={share >= 0.9999 ? 'covered' : 'covered partly'}
          x={from * WIDTH}
          width={(to - from) * WIDTH}
          height="10"
          fill-opacity={share >= 0.9999 ? 1 : 0.25 + 0.5 * share}
        />
      ))}
      {holesIn(segments).map(([x, width]) => (
        <rect key={x} class="gap" x={x} width={width} height="10" />
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
function holesIn(segments: Bar['segments']): readonly (readonly [x: number, width: number])[] {
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
  const holes = bar.gaps - (isComing ? 1 : 0)
  const reach = `from ${from === null ? 'the beginning' : format.position(from)} to ${format.position(to)}`
  const more = [
    ...(isComing ? ['backfill in progress'] : []),
    holes === 0 ? 'no gap' : format.plural(holes, 'gap'),
    ...(running.length === 0 ? [] : [`${format.plural(running.length, 'window')} being read`]),
  ]
  return `${format.percent(share)} covered ${reach}, ${more.join(', ')}`
}
