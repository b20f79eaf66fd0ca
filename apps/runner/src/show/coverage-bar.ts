import { type Segment, shareBetween } from '@tidemark/engine'

const FULL = '█'
const PART = '▓'
const LITTLE = '░'
const NONE = '·'

/**
 * A coverage as a bar of fixed width: `███░·····███`. A column is full only if all of it is covered, so every gap is
 * visible.
 */
export function coverageBar(segments: readonly Segment[], width: number): string {
  const last = width - 1
  let bar = ''
  while (bar.length < last) {
    const [from, to] = [bar.length / width, (bar.length + 1) / width]
    const next = segments.find((one) => one.to > from)
    // Most columns of a bar look like the one before: they are drawn with it.
    const [share, end] =
      next === undefined || next.from >= to
        ? [0, next?.from ?? 1]
        : next.from <= from && to <= next.to
          ? [next.share, next.to]
          : [shareBetween(segments, from, to), to]
    bar += letter(share, false).repeat(Math.max(1, Math.min(last, Math.floor(end * width)) - bar.length))
  }
  return bar + letter(shareBetween(segments, last / width, 1), true)
}

// Data that arrived since the last run is a sliver at the end, not a gap: the lag shows its age.
function letter(share: number, isLast: boolean): string {
  if (share > (isLast ? 0.5 : 0.999_999)) return FULL
  if (share >= 0.5) return PART
  return share > 0 ? LITTLE : NONE
}
