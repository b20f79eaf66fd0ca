import type { Range } from '@tidemark/core/engine'
import { type Axis, type CoverageLine, placeOn, shareBetween } from '@tidemark/engine'
import type { Bar } from './answers.ts'

/** More segments than this are drawn as this many cells: a thousandth of a bar is not visible. */
const MAX_SEGMENTS = 160

export interface BarAxis extends Axis {
  /** Whether its cursor is a time, in microseconds. */
  readonly isTime: boolean
  /** Where a backfill ends that is not complete; undefined: every backfill is complete. */
  readonly comingTo: bigint | undefined
}

/** A coverage as the page gets it, with the windows that are being read. */
export function barOf(line: CoverageLine, axis: BarAxis | undefined, running: readonly (Range | undefined)[]): Bar {
  const { segments } = line
  return {
    from: line.from,
    to: line.to,
    share: line.share,
    gaps: line.gaps_in_all,
    coveredTo: line.covered_to,
    comingTo: axis?.comingTo === undefined ? 0 : rounded(placeOn(axis, axis.comingTo)),
    span: axis?.isTime === true ? [Number(axis.from / 1000n), Number(axis.to / 1000n)] : null,
    segments:
      segments.length <= MAX_SEGMENTS
        ? segments.map(({ from, to, share }) => [rounded(from), rounded(to), rounded(share)])
        : cellsOf(line),
    running:
      axis === undefined
        ? []
        : running.flatMap((window) =>
            window === undefined
              ? []
              : [
                  [
                    rounded(window.from === undefined ? 0 : placeOn(axis, window.from)),
                    rounded(placeOn(axis, window.to)),
                  ],
                ],
          ),
  }
}

function cellsOf({ segments }: CoverageLine): Bar['segments'] {
  return Array.from({ length: MAX_SEGMENTS }, (_, at): [number, number, number] => {
    const [from, to] = [at / MAX_SEGMENTS, (at + 1) / MAX_SEGMENTS]
    return [rounded(from), rounded(to), rounded(shareBetween(segments, from, to))]
  }).filter(([, , share]) => share > 0)
}

function rounded(fraction: number): number {
  return Math.round(fraction * 1e5) / 1e5
}
