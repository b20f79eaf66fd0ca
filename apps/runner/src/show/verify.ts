import type { CommandText } from '@tidemark/core/engine'
import type { VerifiedWindow, VerifyReport } from '@tidemark/engine'
import { countText, durationText, plural } from './numbers.ts'
import { oneLine } from './plain.ts'
import { toned } from './tone.ts'

/** Maximum number of windows shown, and of keys of each kind in them; `--json` has more. */
const WINDOWS = 20
const KEYS = 5
const PARTITIONS = 10

/** What a comparison found, for people. @param isPart whether only a part of the table was compared. */
export function verifyText(report: VerifyReport, command: CommandText, isPart: boolean): string {
  const { table, failure, found, notes, sample, windows, rows, durationMs } = report
  if (failure !== undefined) return `${toned('bad', `${table} could not be compared:`)} ${oneLine(failure.message)}`
  if (report.interrupted) return `${table}: stopped before everything was compared, so there is no result`
  const shown = found.slice(0, WINDOWS).flatMap(windowLines)
  const more = found.length > WINDOWS ? [`and ${plural(found.length - WINDOWS, 'more window')}; --json lists them`] : []
  const rejected = rows.rejected === 0 ? '' : `, ${countText(rows.rejected)} rejected`
  const compared = `${plural(rows.source, 'row')} of the source${rejected} and ${countText(rows.destination)} in the destination, in ${countText(windows.compared)} of ${plural(windows.of, 'window')} (${durationText(durationMs)})`
  const chosen = sample === undefined ? [] : [`The sample's seed is ${sample.seed}.`]
  return [
    `${table}: ${compared}`,
    ...chosen,
    ...shown,
    ...more,
    ...notes.map((note) => `note: ${oneLine(note)}`),
    ...verdict(report, command, isPart),
  ].join('\n')
}

function windowLines(window: VerifiedWindow): readonly string[] {
  const { from, to, partition, failure } = window
  const range = to === null ? 'the whole table' : `${from ?? 'the start'} to ${to}`
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

type Sums = Pick<VerifiedWindow, 'missing' | 'extra' | 'different' | 'unread'>

function sumText({ missing, extra, different, unread }: Sums): string {
  const parts = [
    missing === 0 ? '' : `${countText(missing)} missing`,
    extra === 0 ? '' : `${countText(extra)} extra`,
    different === 0 ? '' : `${countText(different)} different`,
    unread === 0 ? '' : `${countText(unread)} not read`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function verdict(report: VerifyReport, command: CommandText, isPart: boolean): readonly string[] {
  const { table, found, windows, rows } = report
  if (windows.of === 0)
    return ['Nothing was compared: no sync has read the table yet.', ...unreadLines(report, command)]
  if (found.length === 0) return [matchText(report, isPart), ...unreadLines(report, command)]
  const unread = found.filter((one) => one.failure !== undefined).length
  const failed =
    unread === 0 ? [] : [`${plural(unread, 'window')} could not be read; run the same command to try again.`]
  const short =
    report.unread === 0
      ? []
      : [
          `The source counts ${plural(report.unread, 'row')} that its reader did not return${rows.source === 0 ? '' : `, in addition to the ${countText(rows.source)} that it returned`}; a repair cannot read them.`,
        ]
  return [...differenceLines(report, command, table), ...short, ...failed, ...unreadLines(report, command)]
}

/** What was compared matches; the text says whether that is the whole table. */
function matchText({ rows, unreadPartitions, sample }: VerifyReport, isPart: boolean): string {
  const all = rows.rejected === 0 && unreadPartitions.length === 0
  if (!all) return toned('warn', 'What was compared matches its source, but that is not the whole table:')
  return toned(
    'good',
    isPart || sample !== undefined ? 'What was compared matches its source.' : 'It matches its source.',
  )
}

function differenceLines(report: VerifyReport, command: CommandText, table: string): readonly string[] {
  const { repair, missing, extra, different } = report
  const sum = sumText({ missing, extra, different, unread: 0 })
  if (sum === '') return []
  if (repair === undefined)
    return [`${toned('bad', `It differs: ${sum}.`)} To repair it: ${command('verify', [table], '--repair')}`]
  const { written, deleted } = repair.report.tables[0]?.rows ?? { written: 0, deleted: 0 }
  const done = `${plural(written, 'row')} written, ${countText(deleted)} marked or replaced`
  if (repair.remaining === 0)
    return [`It differed: ${sum}. Repaired: ${done}; what was compared matches its source now.`]
  const [held] = repair.report.tables.flatMap(({ failures }) => failures)
  const why = held === undefined ? '' : ` ${oneLine(held.failure.message)}.`
  const way =
    held?.failure.code === 'deletion-limit'
      ? `If those rows were deleted at the source: ${command('sync', [table], '--accept-deletions')}`
      : `To sync it again: ${command('sync', [table])}`
  return [`It differed: ${sum}. ${done}; ${plural(repair.remaining, 'row')} still differ.${why} ${way}`]
}

/** What the comparison did not include, with how to include it. */
function unreadLines(
  { table, rows, undeclared, unreadPartitions }: VerifyReport,
  command: CommandText,
): readonly string[] {
  const shown = unreadPartitions.slice(0, PARTITIONS).map(({ partition, message }) => {
    const place = partition === '' ? 'the table' : oneLine(partition)
    return `  ${place} is not fully synced: ${oneLine(message)}`
  })
  const more =
    unreadPartitions.length > PARTITIONS
      ? [`  and ${plural(unreadPartitions.length - PARTITIONS, 'more partition')}`]
      : []
  const rejected =
    rows.rejected === 0
      ? []
      : [`  ${plural(rows.rejected, 'row')} rejected; to see why: ${command('rejects list', [table])}`]
  const fields =
    rows.undeclared === 0 && undeclared.length === 0
      ? []
      : [
          `  ${rows.undeclared === 0 ? 'rows' : plural(rows.undeclared, 'row')} with fields that no column holds${undeclared.length === 0 ? '' : `: ${oneLine(undeclared.slice(0, 10).join(', '))}`}`,
        ]
  const read = unreadPartitions.length === 0 ? [] : [`To sync what is missing: ${command('sync', [table])}`]
  return [...shown, ...more, ...rejected, ...fields, ...read]
}
