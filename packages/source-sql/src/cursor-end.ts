import { type Duration, hours, minutes } from '@tidemark/core'
import { formatInstant } from '@tidemark/core/values'
import type { ChosenCursor } from './choose-cursor.ts'
import type { Clock } from './database.ts'
import { earliestLocal, localMicros } from './local-time.ts'

const MINUTE = 60_000_000n

/** What the clocks on the walls of UTC and of the database's own zone show: the later of the two. */
function latestLocal({ settledAt, zone }: Clock): bigint {
  const own = typeof zone === 'number' ? settledAt + BigInt(zone) * MINUTE : safeLocal(settledAt, zone)
  return own > settledAt ? own : settledAt
}

function safeLocal(micros: bigint, zone: string): bigint {
  try {
    return localMicros(micros, zone)
  } catch {
    // A zone that only the database knows.
    return micros
  }
}

/**
 * The end of what can be read of a cursor that is a time, by the database's clock. For times without an offset: in the
 * zone that the user names, else the later of UTC and the database's own, so that no row waits.
 *
 * @param settleMs is taken off here, before a date is cut out of the time: taken off a date it would be a whole day.
 */
export function timeEnd(
  type: ChosenCursor['type'],
  now: Clock,
  { timeZone, settleMs }: { readonly timeZone: string | undefined; readonly settleMs: number },
): string {
  const clock = { ...now, settledAt: now.settledAt - BigInt(settleMs) * 1000n }
  if (type === 'timestamp') return formatInstant(clock.settledAt, 'Z', 6)
  const local = timeZone === undefined ? latestLocal(clock) : earliestLocal(clock.settledAt, timeZone)
  return formatInstant(local, '', 6).slice(0, type === 'date' ? 10 : undefined)
}

/**
 * How far back rows may still come. Where nobody says in which zone times without an offset are written, from one edge of
 * the earth's zones to the other: a row that is written now may then be a day old by its stamp.
 */
export function timeLookback(clock: Clock, timeZone: string | undefined): Duration {
  if (timeZone === undefined) return minutes(26 * 60 + 10)
  const before = latestLocal(clock) - earliestLocal(clock.settledAt, timeZone)
  // As far as the end would go back when the zone is named later, or the table would pause.
  const ahead = before <= 0n ? 0 : Math.ceil(Number(before) / 3_600_000_000)
  return ahead === 0 ? minutes(10) : hours(ahead + 1)
}
