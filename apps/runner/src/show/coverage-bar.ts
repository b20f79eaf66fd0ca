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
  let bar = ''
  for (let column = 0; column < width; column++) {
    const share = shareBetween(segments, column / width, (column + 1) / width)
    bar += letter(share, column === width - 1)
  }
  return bar
}

// Data that arrived since the last run is a sliver at the end, not a gap: the lag shows its age.
function letter(share: number, isLast: boolean): string {
  if (share > (isLast ? 0.5 : 0.999_999)) return FULL
  if (share >= 0.5) return PART
  return share > 0 ? LITTLE : NONE
}
