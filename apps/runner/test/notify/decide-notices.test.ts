import type { NoticeRecord } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../src/notify/condition.ts'
import {
  afterDelivery,
  type DecideOptions,
  type Decision,
  type Delivery,
  decideNotices,
} from '../../src/notify/decide-notices.ts'
import { NOTICE_EVENTS, type NoticeEvent } from '../../src/notify/notice-event.ts'

const MINUTE = 60_000_000n
const HOUR = 60n * MINUTE
const START = 1_800_000_000_000_000n

const about = (event: Condition['event'], table = 'orders', level = 1n): Condition => ({
  ...{ key: `${event} ${table}`, event, table, source: 'shop', level, since: undefined, reason: undefined },
})

/** A channel with a clock that the test sets. What is due is delivered as the test says; undefined: the process is killed. */
function channel(given: Partial<DecideOptions> = {}) {
  let records: ReadonlyMap<string, NoticeRecord> = new Map()
  const options = { events: new Set(NOTICE_EVENTS), failingForMs: 0, repeatMs: 86_400_000, ...given }
  const apply = ({ set, remove }: Pick<Decision, 'set' | 'remove'>): void => {
    const next = new Map(records)
    for (const key of remove) next.delete(key)
    for (const record of set) next.set(record.key, record)
    records = next
  }
  return {
    look(
      at: bigint,
      conditions: readonly Condition[],
      delivery: Delivery | undefined = { outcome: 'delivered' },
      events: ReadonlySet<NoticeEvent> = options.events,
    ): readonly string[] {
      const now = START + at
      const decision = decideNotices(records, now, { ...options, events, conditions })
      apply(decision)
      if (decision.due.length > 0 && delivery !== undefined) apply(afterDelivery(records, now, now, delivery))
      return decision.due.map(({ event, record }) => `${event} ${record.key.split(' ')[1]}`)
    },
    killed(at: bigint, conditions: readonly Condition[]): readonly string[] {
      const decision = decideNotices(records, START + at, { ...options, conditions })
      apply(decision)
      return decision.due.map(({ record }) => record.key)
    },
    records: () => records,
  }
}

describe('what lasts', () => {
  it('is reported once, again after a while, and when it is over', () => {
    const { look, records } = channel()
    expect(look(0n, [about('failing')])).toEqual(['failing orders'])
    expect(look(MINUTE, [about('failing')])).toEqual([])
    expect(look(24n * HOUR - 1n, [about('failing')])).toEqual([])
    expect(look(24n * HOUR, [about('failing')])).toEqual(['failing orders'])
    expect(look(25n * HOUR, [])).toEqual(['recovered orders'])
    expect(look(26n * HOUR, [])).toEqual([])
    expect([...records().keys()]).toEqual([''])
  })

  it('is not told before it has lasted, nor if it is over by then', () => {
    const { look } = channel({ failingForMs: 600_000 })
    expect(look(0n, [about('failing')])).toEqual([])
    expect(look(9n * MINUTE, [about('failing')])).toEqual([])
    expect(look(10n * MINUTE, [])).toEqual([])
    // It began again.
    expect(look(11n * MINUTE, [about('failing')])).toEqual([])
    expect(look(20n * MINUTE, [about('failing')])).toEqual([])
    expect(look(21n * MINUTE, [about('failing')])).toEqual(['failing orders'])
  })

  it('becomes something else without a recovery', () => {
    const { look } = channel()
    expect(look(0n, [about('failing')])).toEqual(['failing orders'])
    expect(look(MINUTE, [about('paused')])).toEqual(['paused orders'])
    expect(look(2n * MINUTE, [])).toEqual(['recovered orders'])
  })

  it('is reported in one message, whatever happened to how many tables', () => {
    const { look } = channel()
    const all = [about('failing', 'a'), about('stale', 'b'), about('rejected-rows', 'c', 3n)]
    expect(look(0n, all)).toEqual(['failing a', 'stale b', 'rejected-rows c'])
  })

  it('that follows from something else is not told, and not over either', () => {
    const { look } = channel()
    expect(look(0n, [about('stale')])).toEqual(['stale orders'])
    expect(look(MINUTE, [{ ...about('stale'), isImplied: true }])).toEqual([])
    expect(look(2n * MINUTE, [{ ...about('stale', 'other'), isImplied: true }, about('stale')])).toEqual([])
  })
})

describe('what happens once', () => {
  it('is reported of what comes, not of what was there', () => {
    const { look } = channel()
    expect(look(0n, [about('history-complete', 'old'), about('schema-changed', 'old', 2n)])).toEqual([])
    const changed = [
      about('history-complete', 'old'),
      about('schema-changed', 'old', 3n),
      about('history-complete', 'new'),
    ]
    expect(look(MINUTE, changed)).toEqual(['schema-changed old', 'history-complete new'])
    expect(look(2n * MINUTE, changed)).toEqual([])
  })

  it('is not told of the past to whoever asks for it later', () => {
    const { look } = channel()
    const [all, few] = [new Set(NOTICE_EVENTS), new Set<NoticeEvent>(['failing'])]
    expect(look(0n, [], undefined, few)).toEqual([])
    expect(look(MINUTE, [about('history-complete')], undefined, few)).toEqual([])
    expect(look(2n * MINUTE, [about('history-complete')], undefined, all)).toEqual([])
  })

  it('a history that has a gap for a moment is not told as complete again', () => {
    const { look } = channel()
    look(0n, [])
    expect(look(MINUTE, [about('history-complete')])).toEqual(['history-complete orders'])
    expect(look(2n * MINUTE, [])).toEqual([])
    expect(look(3n * MINUTE, [about('history-complete')])).toEqual([])
    expect(look(2n * MINUTE + 24n * HOUR, [about('history-complete')])).toEqual([])
    expect(look(3n * MINUTE + 24n * HOUR, [])).toEqual([])
    expect(look(4n * MINUTE + 24n * HOUR, [about('history-complete')])).toEqual(['history-complete orders'])
  })
})

it('rejected rows are reported again when they are more, and at most as often as anything', () => {
  const { look } = channel()
  expect(look(0n, [about('rejected-rows', 'orders', 3n)])).toEqual(['rejected-rows orders'])
  expect(look(HOUR, [about('rejected-rows', 'orders', 9n)])).toEqual([])
  expect(look(24n * HOUR, [about('rejected-rows', 'orders', 9n)])).toEqual(['rejected-rows orders'])
  expect(look(50n * HOUR, [about('rejected-rows', 'orders', 9n)])).toEqual([])
  // Some were dropped, and others came.
  expect(look(51n * HOUR, [about('rejected-rows', 'orders', 2n)])).toEqual([])
  expect(look(52n * HOUR, [about('rejected-rows', 'orders', 4n)])).toEqual(['rejected-rows orders'])
})

describe('a process that is killed', () => {
  it('tells nobody twice within the hour, and loses nothing', () => {
    const { look, killed } = channel()
    expect(killed(0n, [about('failing')])).toEqual(['failing orders'])
    expect(look(MINUTE, [about('failing')])).toEqual([])
    expect(look(HOUR - 1n, [about('failing')])).toEqual([])
    expect(look(HOUR, [about('failing')])).toEqual(['failing orders'])
    expect(look(2n * HOUR, [about('failing')])).toEqual([])
  })

  it('does not keep others from telling what came later', () => {
    const { look, killed } = channel()
    killed(0n, [about('failing')])
    expect(look(MINUTE, [about('failing'), about('failing', 'other')])).toEqual(['failing other'])
  })

  it('has its end told where it may have told the beginning', () => {
    const { look, killed } = channel()
    killed(0n, [about('failing')])
    expect(look(MINUTE, [])).toEqual([])
    expect(look(HOUR, [])).toEqual(['recovered orders'])
    expect(look(2n * HOUR, [])).toEqual([])
  })
})

describe('a delivery', () => {
  it('that was refused is tried again soon, and less and less', () => {
    const { look, records } = channel()
    const refused = { outcome: 'refused', message: 'it answered 503' } as const
    expect(look(0n, [about('failing')], refused)).toEqual(['failing orders'])
    expect(look(29_000_000n, [about('failing')], refused)).toEqual([])
    expect(look(30_000_000n, [about('failing')], refused)).toEqual(['failing orders'])
    expect(look(89_000_000n, [about('failing')], refused)).toEqual([])
    expect(look(90_000_000n, [about('failing')], refused)).toEqual(['failing orders'])
    expect(records().get('')).toMatchObject({ failures: 3n, lastError: 'it answered 503' })
    for (let tries = 0; tries < 20; tries++) look(BigInt(tries) * HOUR + HOUR, [about('failing')], refused)
    expect(look(100n * HOUR, [about('failing')], refused)).toEqual(['failing orders'])
    expect(look(100n * HOUR + 14n * MINUTE, [about('failing')])).toEqual([])
    expect(look(100n * HOUR + 15n * MINUTE, [about('failing')])).toEqual(['failing orders'])
    expect(records().get('')).toMatchObject({ failures: 0n, lastError: null, nextTryAt: null })
  })

  it('that may have arrived waits for its hour', () => {
    const { look } = channel()
    const unknown = { outcome: 'unknown', message: 'it did not answer' } as const
    expect(look(0n, [about('failing')], unknown)).toEqual(['failing orders'])
    expect(look(59n * MINUTE, [about('failing')])).toEqual([])
    expect(look(60n * MINUTE, [about('failing')])).toEqual(['failing orders'])
  })
})
