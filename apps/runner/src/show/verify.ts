import type { VerifiedWindow, VerifyReport } from '@tidemark/engine'
import { countText, durationText, plural } from './numbers.ts'
import { oneLine } from './plain.ts'

/** So many windows are shown, and so many keys of each kind in them; `--json` has more. */
const WINDOWS = 20
const KEYS = 5

/** What a comparison found, for people. */
export function verifyText(report: VerifyReport, command: (rest: string) => string): string {
  const { table, failure, found, notes, sample, windows, rows, durationMs } = report
  if (failure !== undefined) return `${table} could not be compared: ${oneLine(failure.message)}`
  if (report.interrupted) return `${table}: stopped before all was compared; nothing can be said`
  const shown = found.slice(0, WINDOWS).flatMap(windowLines)
  const more = found.length > WINDOWS ? [`and ${plural(found.length - WINDOWS, 'more window')}; --json lists them`] : []
  const rejected = rows.rejected === 0 ? '' : `, ${countText(rows.rejected)} set aside`
  const compared = `${plural(rows.source, 'row')} of the source${rejected} and ${countText(rows.destination)} in the destination, in ${countText(windows.compared)} of ${plural(windows.of, 'window')} (${durationText(durationMs)})`
  const chosen = sample === undefined ? [] : [`The sample's seed is ${sample.seed}.`]
  return [
    `${table}: ${compared}`,
    ...chosen,
    ...shown,
    ...more,
    ...notes.map((note) => `note: ${oneLine(note)}`),
    ...verdict(report, command),
  ].join('\n')
}

function windowLines(window: VerifiedWindow): readonly string[] {
  const { from, to, partition, failure } = window
  const range = to === null ? 'all of it' : `${from ?? 'the start'} to ${to}`
  const place = partition === '' ? range : `${oneLine(partition)}, ${range}`
  if (failure !== undefined) return [`  ${place}: could not be read: ${oneLine(failure.message)}`]
  return [
    `  ${place}: ${sumText(window)}`,
    ...(['missing', 'extra', 'different'] as const).flatMap((kind) => {
      const keys = window.keys.filter((one) => one.kind === kind)
      if (keys.length === 0) return []
      const texts = keys.slice(0, KEYS).map(({ key, times }) => oneLine(times > 1 ? `${key} × ${times}` : key))
      return [`    ${kind}: ${texts.join('  ')}${window[kind] > KEYS ? '  …' : ''}`]
    }),
  ]
}

function sumText({ missing, extra, different }: Pick<VerifiedWindow, 'missing' | 'extra' | 'different'>): string {
  const parts = [
    missing === 0 ? '' : `${countText(missing)} missing`,
    extra === 0 ? '' : `${countText(extra)} extra`,
    different === 0 ? '' : `${countText(different)} different`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function verdict(report: VerifyReport, command: (rest: string) => string): readonly string[] {
  const { table, found, repair, windows } = report
  if (windows.of === 0) return ['Nothing of it is covered there yet, so there was nothing to compare.']
  if (found.length === 0) return ['It is level with its source.']
  const sum = sumText(report)
  const unread = found.filter((one) => one.failure !== undefined).length
  const failed = unread === 0 ? [] : [`${plural(unread, 'window')} could not be read; the same command tries again.`]
  if (sum === '') return failed
  if (repair === undefined) return [`It differs: ${sum}. To mend it: ${command(`verify ${table} --repair`)}`, ...failed]
  const { written, deleted } = repair.report.tables[0]?.rows ?? { written: 0, deleted: 0 }
  const done = `${plural(written, 'row')} written, ${countText(deleted)} marked or replaced`
  if (repair.left === 0) return [`It differed: ${sum}. Mended: ${done}; it is level with its source now.`, ...failed]
  const [held] = repair.report.tables.flatMap(({ failures }) => failures)
  const why = held === undefined ? '' : ` ${oneLine(held.failure.message)}.`
  const way =
    held?.failure.code === 'rail'
      ? `If that is right: ${command(`sync ${table} --accept-deletions`)}`
      : `What was asked for stays asked for: ${command(`sync ${table}`)}`
  return [`It differed: ${sum}. ${done}; ${plural(repair.left, 'row')} still differ.${why} ${way}`, ...failed]
}
