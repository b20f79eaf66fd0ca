import type { OverviewAnswer } from '../answers.ts'
import { format } from './format.ts'

/** What is being read at this moment; undefined: nothing. */
export function readingText({ runningWindows: windows, runningChanges: tables }: OverviewAnswer['totals']) {
  const texts = [
    ...(windows > 0 ? [format.plural(windows, 'window')] : []),
    ...(tables > 0 ? [`changes of ${format.plural(tables, 'table')}`] : []),
  ]
  return texts.length === 0 ? undefined : texts.join(' and ')
}
