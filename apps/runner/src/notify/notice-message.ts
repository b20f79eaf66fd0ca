import { createHash } from 'node:crypto'
import { type CommandText, formatInstant, projectName } from '@tidemark/core/engine'
import { decisionOn, fixOf } from '../show/fix.ts'
import type { Fix } from '../show/fix-text.ts'
import { countText, plural } from '../show/numbers.ts'
import { oneLine } from '../show/plain.ts'
import type { Condition } from './condition.ts'
import type { DueNotice } from './decide-notices.ts'
import type { NoticeEvent } from './notice-event.ts'

/** One notice. The field names are a promise to whoever receives them. */
export interface Notice {
  /** The same for the same notice, however often it arrives. */
  readonly id: string
  readonly event: NoticeEvent
  /** The event that is over, of one that says so. */
  readonly recovered_from: NoticeEvent | null
  /** Its name in the destination; null: all tables of a source. */
  readonly table: string | null
  readonly source: string | null
  /** When Tidemark first saw it. */
  readonly since: string
  /** How often it was delivered before. */
  readonly repeat: number
  /** Rejected rows, or changes of the schema; 1 otherwise. */
  readonly count: number
  /** Why; null where the event says all. */
  readonly reason: string | null
  readonly error_code: string | null
  readonly fix: Fix | null
  /** The notice in one line. */
  readonly text: string
}

/** What one channel is sent at once. */
export interface NoticeMessage {
  readonly version: 1
  /** Names the message: the same where the same notices are sent again. */
  readonly id: string
  readonly project: string
  readonly destination: string
  readonly sent_at: string
  /** All notices in one line. */
  readonly title: string
  readonly notices: readonly Notice[]
  /** The command that shows all tables. */
  readonly status_command: string
}

export interface MessageContext {
  readonly channel: string
  /** As it is recorded with the tables. */
  readonly project: string
  /** The destination for people. */
  readonly destination: string
  readonly command: CommandText
  readonly redact: (text: string) => string
}

/** Puts what is due on a channel into one message. */
export function noticeMessage(due: readonly DueNotice[], now: bigint, context: MessageContext): NoticeMessage {
  const urgency = (event: NoticeEvent): number => TITLES.findIndex(([title]) => title === event)
  const notices = due.map((one) => noticeOf(one, context)).toSorted((a, b) => urgency(a.event) - urgency(b.event))
  return messageOf(notices, now, context)
}

/** The message that tests a channel. */
export function testMessage(now: bigint, context: MessageContext): NoticeMessage {
  return {
    ...messageOf([], now, context),
    id: digest('test', context.channel, String(now)),
    title: 'a test of notices',
  }
}

function messageOf(notices: readonly Notice[], now: bigint, context: MessageContext): NoticeMessage {
  return {
    version: 1,
    id: digest(...notices.map(({ id }) => id).toSorted()),
    project: projectName(context.project),
    destination: context.destination,
    sent_at: formatInstant(now, 'Z', 3),
    title: titleOf(notices),
    notices,
    status_command: context.command('status'),
  }
}

function noticeOf({ record, event, condition }: DueNotice, context: MessageContext): Notice {
  const [, from = '', subject = ''] = /^(\S+) (.*)$/s.exec(record.key)!
  const source = condition?.source ?? /^source (.+)$/s.exec(subject)?.[1]
  const reason = condition?.reason
  const of = {
    event,
    recovered_from: condition === undefined ? (from as NoticeEvent) : null,
    table: subject === `source ${source}` ? null : subject,
    source: source ?? null,
    since: formatInstant(record.since, 'Z', 3),
    repeat: Number(record.times),
    count: Number(condition?.level ?? 1n),
    reason: reason === undefined ? null : context.redact(reason.message),
    error_code: reason?.code ?? null,
    fix: condition === undefined ? null : fixFor(condition, context.command),
  }
  const id = digest(context.project, context.channel, record.key, String(record.since), event, String(record.times))
  return { id, ...of, text: textOf(of) }
}

function fixFor({ event, table, source, reason }: Condition, command: CommandText): Fix | null {
  const named = table ?? source
  switch (event) {
    case 'failing':
    case 'deletions-held':
      if (reason === undefined) return null
      return fixOf({ table, source, ...reason, remedy: reason.remedy ?? 'retry' }, command)
    case 'paused':
      return decisionOn({ name: named, pausedFor: reason?.message ?? '' }, command)
    case 'rejected-rows':
      return fixOf({ table, source, message: '', code: 'reject-limit', remedy: 'fix-source' }, command)
    default:
      return null
  }
}

type Said = Omit<Notice, 'id' | 'text'>

function textOf(said: Said): string {
  const { event, recovered_from, table, source, since, repeat, count, reason, fix } = said
  const thing = oneLine(table === null ? `source ${source}` : `table ${table}`)
  const why = reason === null ? '' : `: ${oneLine(reason)}`
  const how = fix === null ? '' : `. Fix: ${fix.what}; ${fix.when}: ${fix.command}`
  const still = repeat > 0 ? 'still ' : ''
  const texts: Readonly<Record<NoticeEvent, string>> = {
    failing: `${thing} is ${still}failing since ${since}${why}${how}`,
    stale: `${thing} is ${still}stale since ${since}: its source was not checked within the promised time`,
    paused: `${thing} is ${still}paused since ${since} and waits for a decision${why}${how}`,
    'deletions-held': `${thing}: deletions are ${still}held back since ${since}${why}${how}`,
    'rejected-rows': `${thing} has ${plural(count, 'rejected row')}${how}`,
    'schema-changed': `${thing} has changed its schema${why}`,
    'history-complete': `${thing}: its history is complete`,
    recovered: `${thing} has recovered: it was ${recovered_from === 'deletions-held' ? 'held back' : recovered_from} since ${since}`,
  }
  return texts[event]
}

/** What needs somebody most comes first. */
const TITLES: readonly (readonly [NoticeEvent, string])[] = [
  ['failing', 'failing'],
  ['paused', 'paused'],
  ['deletions-held', 'with deletions held back'],
  ['stale', 'stale'],
  ['rejected-rows', 'with rejected rows'],
  ['schema-changed', 'with a new schema'],
  ['history-complete', 'with a complete history'],
  ['recovered', 'recovered'],
]

/** `2 tables failing, 1 table stale`. */
function titleOf(notices: readonly Notice[]): string {
  const counts = TITLES.flatMap(([event, word]) => {
    const own = notices.filter((one) => one.event === event)
    const sources = own.filter(({ table }) => table === null).length
    return [
      ...(sources === 0 ? [] : [`${plural(sources, 'source')} ${word}`]),
      ...(own.length === sources ? [] : [`${plural(own.length - sources, 'table')} ${word}`]),
    ]
  })
  return counts.join(', ')
}

/** How many notices a text names; the JSON has all. */
const NAMED = 20

/** A message for people: lines without an end. What the same thing happened to is named together. */
export function messageLines({ notices, project, destination, status_command }: NoticeMessage): readonly string[] {
  const groups = [...Map.groupBy(notices, sameness).values()]
  const shown = groups.slice(0, NAMED).map((same) => {
    const [first] = same as [Notice]
    const others = same.slice(1, 1 + NAMED).map(({ table }) => oneLine(table ?? ''))
    if (others.length === 0) return first.text
    const more = same.length - 1 - others.length
    return `${first.text} (the same: ${others.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''})`
  })
  const more = groups.slice(NAMED).reduce((sum, same) => sum + same.length, 0)
  return [
    ...shown,
    ...(notices.length === 0 ? ['This is a test: notices arrive here.'] : []),
    ...(more > 0 ? [`and ${countText(more)} more`] : []),
    `Project ${oneLine(project)}, destination ${oneLine(destination)}; all tables: ${status_command}`,
  ]
}

/** Tables of a source that fail for the same reason are one line; so are those of which there is nothing else to say. */
const sameness = ({ event, recovered_from, table, source, reason, count }: Notice): string =>
  JSON.stringify([
    event,
    recovered_from,
    table === null ? [source] : source,
    reason,
    event === 'rejected-rows' ? count : 0,
  ])

const digest = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32)
