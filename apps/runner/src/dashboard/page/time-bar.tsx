import { format } from './format.ts'

export interface TimeBarProps {
  readonly readingMs: number
  readonly writingMs: number
  /** The longest time: it takes the whole width. */
  readonly most: number
}

/** How long something took: reading, then writing. */
export function TimeBar({ readingMs, writingMs, most }: TimeBarProps) {
  const total = readingMs + writingMs
  const scale = most <= 0 ? 0 : 1000 / most
  return (
    <div class="timebar">
      <svg
        viewBox="0 0 1000 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${format.length(readingMs)} reading, ${format.length(writingMs)} writing`}
      >
        <rect class="track" width="1000" height="10" />
        <rect class="read" width={Math.max(total > 0 ? 4 : 0, readingMs * scale)} height="10" />
        <rect class="write" x={readingMs * scale} width={writingMs * scale} height="10" />
      </svg>
      <span>{format.length(total)}</span>
    </div>
  )
}

export function TimeLegend() {
  return (
    <p class="legend">
      <span class="key read" /> reading <span class="key write" /> writing
    </p>
  )
}
