import type { BacklogSummary } from '@tidemark/engine'
import type { FeedView } from '../overview.ts'
import { countText, plural, roughly, sizeText } from './numbers.ts'
import { offsetText } from './offset-text.ts'
import { oneLine } from './plain.ts'

const MAX_FEEDS_SHOWN = 20
const NAMED = 3

/** How far each feed is, below the tables. */
export function feedLines(feeds: readonly FeedView[], now: number): readonly string[] {
  const more = feeds.length - MAX_FEEDS_SHOWN
  return [
    ...(feeds.length === 0 ? [] : ['']),
    ...feeds.slice(0, MAX_FEEDS_SHOWN).flatMap((feed) => feedText(feed, now)),
    ...(more > 0 ? [`and ${countText(more)} more feeds`] : []),
  ]
}

function feedText(feed: FeedView, now: number): readonly string[] {
  const { name, source, lag_ms: lag, last_committed_at: at, lost_for: lostFor, fix } = feed
  const facts = [
    plural(feed.tables.length, 'table'),
    ...(at === null ? ['nothing committed yet'] : [`committed ${roughly(now - Date.parse(at))} ago`]),
    ...(lag === null ? [] : [`${roughly(lag)} behind`]),
    ...(feed.history_complete ? [] : ['its history is not complete yet']),
    ...offsetTexts(feed),
  ]
  return [
    `feed ${oneLine(name)} of ${oneLine(source)}: ${facts.join(', ')}`,
    ...(feed.keeps_own_state
      ? [
          '  this connector keeps its own state: one offset, and one time up to which they are complete, for all of its tables',
        ]
      : []),
    ...(lostFor === null ? [] : [`  read again from its beginning, its rows stay readable: ${oneLine(lostFor)}`]),
    ...backlogLines(feed, now).map((line) => `  ${line}`),
    ...(fix === null
      ? []
      : [`  changes of ${namesOf(feed.left_out)} are left out until it is read again: ${fix.command}`]),
  ]
}

/** What the source of a feed keeps for it, and how long. */
export function backlogLines(
  { backlog, tables }: Pick<FeedView, 'backlog' | 'tables'>,
  now: number,
): readonly string[] {
  if (backlog === null) return []
  const { at, holder, lag_bytes: lag, held_bytes: held, bytes_per_second: rate, cleanup } = backlog
  const facts = [
    ...(held === null ? [] : [`held ${sizeText(held)}`]),
    ...(lag === null ? [] : [`${sizeText(lag)} behind`]),
    ...(rate === null ? [] : [`its source writes ${sizeText(rate)}/s`]),
    ...lossTexts(backlog, now),
  ]
  const isUnread = tables.length === 0 && cleanup.length > 0
  return [
    `${oneLine(holder)} ${roughly(now - Date.parse(at))} ago: ${facts.join(', ')}`,
    ...(isUnread
      ? [`nothing reads it any more; to remove it, run at its source: ${cleanup.map(oneLine).join(' ')}`]
      : []),
  ]
}

function lossTexts({ is_limited: isLimited, lost_at: lostAt }: BacklogSummary, now: number): readonly string[] {
  if (isLimited === false) return ['nothing limits what it holds but the disk of the source']
  if (lostAt === null) return []
  const ms = Date.parse(lostAt) - now
  return [ms <= 0 ? 'its source may have given it up' : `lost in ${roughly(ms)} if nobody reads it`]
}

function offsetTexts({ offset, last_committed_at: at, lost_for, keeps_own_state: isOwn }: FeedView): readonly string[] {
  if (offset !== null) return [`at ${offsetText(offset)}`]
  // What a connector keeps may hold secrets that only it knows.
  return isOwn && at !== null && lost_for === null ? [] : ['read from its beginning']
}

function namesOf(tables: readonly string[]): string {
  const more = tables.length - NAMED
  return `${tables.slice(0, NAMED).map(oneLine).join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`
}
