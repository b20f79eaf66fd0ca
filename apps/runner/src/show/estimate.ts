import type { Estimate } from '@tidemark/engine'
import { countText, plural, roughly } from './numbers.ts'

/** What windows take, for people: `about 3 min, about 270 requests`. */
export function estimateText({ ms, requests, unknownWindows: unknown }: Estimate): string {
  if (ms === null) return 'time and requests unknown'
  const without = unknown === 0 ? '' : ` without ${plural(unknown, 'window')} of a kind that was never read`
  return `about ${lengthText(ms)}, ${requests === null ? 'requests unknown' : `about ${plural(requests, 'request')}`}${without}`
}

/** What is left to read, for people; undefined: nothing. */
export function leftText(left: Estimate): string | undefined {
  if (left.windows === 0) return undefined
  return `${left.atLeast ? 'at least ' : ''}${plural(left.windows, 'window')} left, ${estimateText(left)}`
}

/** The same, in a table of many. */
export function shortLeftText(left: Estimate): string | undefined {
  return left.windows === 0 ? undefined : windowsText(left, ' left')
}

/** How many windows there are, and how long they take: `27 windows, about 3 min`. */
export function windowsText({ windows, atLeast, ms }: Estimate, more = ''): string {
  const many = `${countText(windows)}${atLeast ? '+' : ''} ${windows === 1 ? 'window' : 'windows'}`
  return `${many}${more}${ms === null ? '' : `, about ${lengthText(ms)}`}`
}

/** What takes less than a millisecond still takes a moment. */
const lengthText = (ms: number): string => roughly(Math.max(1, ms))
