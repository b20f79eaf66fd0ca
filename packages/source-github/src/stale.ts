import type { Window } from '@tidemark/core'
import { coalesceWindows } from '@tidemark/core/values'
import { isoOf } from './moment.ts'

// Each window is a request at least, so a few wide ones are cheaper than many exact ones.
const LIMIT = 20

/** The windows that dates (seconds since 1970) lie in: one second each, those with the smallest gaps between them joined. */
export function windowsOf(dates: readonly number[]): readonly Window<string>[] {
  const seconds = dates.map((date) => ({ from: date, to: date + 1 }))
  return coalesceWindows(seconds, LIMIT).map(({ from, to }) => ({ from: isoOf(from!), to: isoOf(to) }))
}
