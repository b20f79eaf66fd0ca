import type { NoticeChanges, NoticeRecord } from '@tidemark/core/engine'
import { type Condition, LASTING, PASSING } from './condition.ts'
import type { NoticeEvent } from './notice-event.ts'

/** The record of a channel as a whole. */
export const CHANNEL_KEY = ''

/** Nobody receives the same twice within this, even if it is not known whether a delivery has arrived. */
const HOUR = 3_600_000_000n
const FIRST_RETRY = 30_000_000n
const LONGEST_RETRY = 900_000_000n

/** Something to report now. */
export interface DueNotice {
  readonly record: NoticeRecord
  readonly event: NoticeEvent
  /** Undefined: it is so no longer. */
  readonly condition: Condition | undefined
}

export interface DecideOptions {
  readonly conditions: readonly Condition[]
  readonly events: ReadonlySet<NoticeEvent>
  /** How long a table fails before it is reported. */
  readonly failingForMs: number
  readonly repeatMs: number
}

type Records = ReadonlyMap<string, NoticeRecord>

export interface Decision extends NoticeChanges {
  /** What is reported in one message. Its records are among those that are set, marked as under way. */
  readonly due: readonly DueNotice[]
}

/** The first time that a channel is seen: what happened before is not news. What lasts is reported. */
export function firstSight(records: Records, now: bigint, conditions: readonly Condition[]): NoticeChanges {
  if (records.has(CHANNEL_KEY)) return { set: [], remove: [] }
  const past = conditions.filter(({ event }) => PASSING.has(event))
  return {
    set: [newRecord(CHANNEL_KEY, now), ...past.map(({ key, level }) => ({ ...newRecord(key, now), level }))],
    remove: [],
  }
}

/** What to report on a channel now, and what to remember of it before it is sent. Pure. */
export function decideNotices(records: Records, now: bigint, options: DecideOptions): Decision {
  const { conditions, events } = options
  const first = firstSight(records, now, conditions)
  const known = new Map([...records, ...first.set.map((record) => [record.key, record] as const)])
  const channel = known.get(CHANNEL_KEY)!
  const maySend = channel.nextTryAt === null || channel.nextTryAt <= now
  const set = new Map(first.set.map((record) => [record.key, record]))
  const remove: string[] = []
  const due: DueNotice[] = []
  const wanted = new Set<string>()
  const troubled = new Set<string>()
  for (const condition of conditions) {
    const { key, event, level } = condition
    const record = known.get(key) ?? newRecord(key, beganAt(condition, now))
    if (!events.has(event)) {
      // Whoever asks for it later does not want all that was before.
      if (PASSING.has(event) && record.level !== level) set.set(key, { ...record, level })
      if (PASSING.has(event)) wanted.add(key)
      continue
    }
    wanted.add(key)
    if (LASTING.has(event)) troubled.add(subjectOf(key))
    if (condition.isImplied) continue
    const isLess = record.sendingAt === null && level < record.level
    const current = isLess ? { ...record, level } : record
    if (isLess || !known.has(key)) set.set(key, current)
    if (maySend && isDue(current, condition, now, options)) due.push({ record: current, event, condition })
    // A gap that was there for a moment is no news later on.
    else if (event === 'history-complete' && isWithinRepeat(current, now, options)) set.set(key, { ...current, level })
  }
  for (const record of known.values()) {
    const { key } = record
    if (key === CHANNEL_KEY || wanted.has(key) || isUnderWay(record, now)) continue
    const event = eventOf(key)
    // What may have been reported has an end that is reported, too, unless something else is the matter by now.
    const wasReported = LASTING.has(event) && (record.level > 0n || record.sendingAt !== null)
    const isOver = wasReported && events.has(event) && !troubled.has(subjectOf(key))
    if (PASSING.has(event)) set.set(key, { ...record, level: event === 'history-complete' ? 0n : record.level })
    else if (!isOver || !events.has('recovered')) remove.push(key)
    else if (maySend) due.push({ record, event: 'recovered', condition: undefined })
  }
  for (const { record, condition } of due)
    set.set(record.key, { ...record, sendingAt: now, offered: condition?.level ?? 0n })
  return { set: [...set.values()], remove, due }
}

/** What a delivery came to: `unknown` is one that may have arrived. */
export type Delivery =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'refused' | 'unknown'; readonly message: string }

/** What to remember after a delivery. @param sentAt when it began, as it is recorded: another one is left alone. */
export function afterDelivery(records: Records, now: bigint, sentAt: bigint, delivery: Delivery): NoticeChanges {
  const channel = records.get(CHANNEL_KEY) ?? newRecord(CHANNEL_KEY, now)
  const own = [...records.values()].filter(({ key, sendingAt }) => key !== CHANNEL_KEY && sendingAt === sentAt)
  if (delivery.outcome === 'delivered')
    return {
      set: [
        { ...channel, deliveredAt: now, times: channel.times + 1n, failures: 0n, nextTryAt: null, lastError: null },
        ...own.filter(({ offered }) => offered !== 0n).map((record) => delivered(record, now)),
      ],
      remove: own.filter(({ offered }) => offered === 0n).map(({ key }) => key),
    }
  const failures = channel.failures + 1n
  const wait = FIRST_RETRY * 2n ** (failures > 6n ? 6n : failures - 1n)
  const nextTryAt = now + (wait > LONGEST_RETRY ? LONGEST_RETRY : wait)
  const failed = { ...channel, failures, nextTryAt, lastError: delivery.message }
  // It did not arrive, so that it may be tried again at once; what may have arrived waits for its hour.
  const free = delivery.outcome === 'refused' ? own.map((one) => ({ ...one, sendingAt: null, offered: null })) : []
  return { set: [failed, ...free], remove: [] }
}

function isDue(record: NoticeRecord, condition: Condition, now: bigint, options: DecideOptions): boolean {
  const { event, level } = condition
  if (record.sendingAt !== null) return !isUnderWay(record, now)
  const failingFor = event === 'failing' ? BigInt(options.failingForMs) * 1000n : 0n
  const isRepeat = record.deliveredAt !== null && now - record.deliveredAt >= BigInt(options.repeatMs) * 1000n
  if (record.level === 0n) return record.deliveredAt === null ? now - record.since >= failingFor : isRepeat
  if (LASTING.has(event)) return isRepeat
  // More of the same: each change is news, rejected rows are a number that grows.
  return level > record.level && (event === 'schema-changed' || isRepeat)
}

const isWithinRepeat = ({ deliveredAt, sendingAt }: NoticeRecord, now: bigint, { repeatMs }: DecideOptions): boolean =>
  deliveredAt !== null && sendingAt === null && now - deliveredAt < BigInt(repeatMs) * 1000n

const isUnderWay = ({ sendingAt }: NoticeRecord, now: bigint): boolean => sendingAt !== null && now - sendingAt < HOUR

const eventOf = (key: string): NoticeEvent => key.slice(0, key.indexOf(' ')) as NoticeEvent
const subjectOf = (key: string): string => key.slice(key.indexOf(' ') + 1)

function beganAt({ since }: Condition, now: bigint): bigint {
  const began = since === undefined ? now : BigInt(since) * 1000n
  return began < now ? began : now
}

function delivered(record: NoticeRecord, now: bigint): NoticeRecord {
  const { offered, level, times } = record
  return { ...record, level: offered ?? level, deliveredAt: now, times: times + 1n, sendingAt: null, offered: null }
}

/** What is remembered of something that nobody received. */
export function newRecord(key: string, since: bigint): NoticeRecord {
  return {
    ...{ key, since, level: 0n, deliveredAt: null, times: 0n, sendingAt: null, offered: null },
    ...{ failures: 0n, nextTryAt: null, lastError: null },
  }
}
