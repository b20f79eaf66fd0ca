import { SyncError } from '@tidemark/core'
import { messageOf, parseDuration } from '@tidemark/core/engine'
import { Cron } from 'croner'

/** A moment on both clocks: the wall clock, which may be set, and the monotonic clock. Milliseconds. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

export function moment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() }
}

/** When the next run starts. */
export interface Timetable {
  /** Whether the first run starts at once, or at the first tick. */
  readonly begins: 'now' | 'tick'
  /** The interval of tables without their own `every`; 0: the ticks alone decide. */
  readonly everyMs: number
  /** Whether the next run is due, if the previous one ended at `last` and the next table is due `restMs` later. */
  isDue(now: Moment, last: Moment, restMs: number | undefined): boolean
  /** When that will be, by the wall clock, for people. */
  dueAt(last: Moment, restMs: number | undefined): number
}

/** The shortest `--every`: with less, runs would never end. */
const SHORTEST_MS = 1000
const LONGEST_MS = 366 * 86_400_000

const EVERY = '--every takes a duration from 1s to 366d, such as 30s, 5m or 1h'
const CRON =
  "--cron takes minute, hour, day of month, month and day of week, such as '*/10 * * * *' or '0 6 * * MON-FRI', in the time zone of the process (TZ)"

/** @throws SyncError `fix-config`, code `usage`, with an example. */
export function timetableOf({ every, cron }: { readonly every?: string; readonly cron?: string }): Timetable {
  if (every !== undefined && cron !== undefined)
    throw usage('--every and --cron exclude each other; pass only one, such as --every 5m')
  return cron === undefined ? everyTable(every ?? '') : cronTable(cron)
}

function everyTable(text: string): Timetable {
  const everyMs = parseDuration(text)
  if (everyMs === undefined) throw usage(`--every: "${text}" is not a duration; ${EVERY}`)
  if (everyMs < SHORTEST_MS || everyMs > LONGEST_MS) throw usage(`--every: "${text}" is out of range; ${EVERY}`)
  return {
    begins: 'now',
    everyMs,
    isDue: (now, last, restMs) => msBetween(last, now) >= Math.min(everyMs, restMs ?? everyMs),
    dueAt: (last, restMs) => last.wall + Math.min(everyMs, restMs ?? everyMs),
  }
}

function cronTable(pattern: string): Timetable {
  const cron = parseCron(pattern)
  const next = (after: number): number => cron.nextRun(new Date(after))?.getTime() ?? Number.POSITIVE_INFINITY
  if (next(Date.now()) === Number.POSITIVE_INFINITY) throw usage(`--cron: "${pattern}" never matches; ${CRON}`)
  return {
    begins: 'tick',
    everyMs: 0,
    // All ticks that passed while the machine slept or the clock was set cause one run.
    isDue: (now, last) => now.wall >= next(sane(last, now)),
    dueAt: (last) => next(last.wall),
  }
}

/** The wall clock at a past moment; if it was set back since, what it would have shown with the current setting. */
function sane(last: Moment, now: Moment): number {
  const isSetBack = now.wall < last.wall - 60_000
  return isSetBack ? now.wall - Math.max(0, now.monotonic - last.monotonic) : last.wall
}

/** The elapsed time: by the monotonic clock, or by the wall clock if the machine, and with it the monotonic clock, slept. */
export function msBetween(last: Moment, now: Moment): number {
  return Math.max(now.monotonic - last.monotonic, now.wall - last.wall)
}

function parseCron(pattern: string): Cron {
  try {
    return new Cron(pattern, { paused: true, mode: '5-or-6-parts' })
  } catch (cause) {
    const problem = messageOf(cause).replace(/^CronPattern: /, '')
    throw new SyncError(`--cron: "${pattern}" is not a cron expression (${problem}); ${CRON}`, 'fix-config', {
      cause,
      code: 'usage',
    })
  }
}

function usage(message: string): SyncError {
  return new SyncError(message, 'fix-config', { code: 'usage' })
}
