import { SyncError } from '@tidemark/core'
import { messageOf, parseDuration } from '@tidemark/core/engine'
import { Cron } from 'croner'

/** A moment on both clocks: the wall's, which may be set, and the one that only goes on. Milliseconds. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

export function moment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() }
}

/** When a run that goes on begins again. */
export interface Timetable {
  /** With a run at once, or at the first tick. */
  readonly begins: 'now' | 'tick'
  /** How long tables rest that have no `every` of their own; 0: the ticks alone say it. */
  readonly everyMs: number
  /** Whether the next run is due, where the one before ended at `last` and the first table to rest is due in `restMs` from then. */
  isDue(now: Moment, last: Moment, restMs: number | undefined): boolean
  /** When that will be, by the wall's clock, for people. */
  dueAt(last: Moment, restMs: number | undefined): number
}

/** The shortest `--every`: below it a run is never over. */
const SHORTEST_MS = 1000
const LONGEST_MS = 366 * 86_400_000

const EVERY = '--every takes a length of time from 1s to 366d, such as 30s, 5m or 1h'
const CRON =
  "--cron takes minute, hour, day of month, month and day of week, such as '*/10 * * * *' or '0 6 * * MON-FRI', in the time zone of the process (TZ)"

/** @throws SyncError `fix-config`, code `usage`, with an example. */
export function timetableOf({ every, cron }: { readonly every?: string; readonly cron?: string }): Timetable {
  if (every !== undefined && cron !== undefined)
    throw usage('--every and --cron exclude each other; give one of them, such as --every 5m')
  return cron === undefined ? everyTable(every ?? '') : cronTable(cron)
}

function everyTable(text: string): Timetable {
  const everyMs = parseDuration(text)
  if (everyMs === undefined) throw usage(`--every: "${text}" is no length of time; ${EVERY}`)
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
  if (next(Date.now()) === Number.POSITIVE_INFINITY) throw usage(`--cron: "${pattern}" never comes; ${CRON}`)
  return {
    begins: 'tick',
    everyMs: 0,
    // However many ticks passed while the machine slept or the clock was set, they are one run.
    isDue: (now, last) => now.wall >= next(sane(last, now)),
    dueAt: (last) => next(last.wall),
  }
}

/** The wall's clock at a moment that is past; where it was set back since, what it would have shown by today's setting. */
function sane(last: Moment, now: Moment): number {
  const isSetBack = now.wall < last.wall - 60_000
  return isSetBack ? now.wall - Math.max(0, now.monotonic - last.monotonic) : last.wall
}

/** What passed: by the clock that only goes on, and by the wall's where the machine slept and the other one with it. */
export function msBetween(last: Moment, now: Moment): number {
  return Math.max(now.monotonic - last.monotonic, now.wall - last.wall)
}

function parseCron(pattern: string): Cron {
  try {
    return new Cron(pattern, { paused: true, mode: '5-or-6-parts' })
  } catch (cause) {
    const problem = messageOf(cause).replace(/^CronPattern: /, '')
    throw new SyncError(`--cron: "${pattern}" is no cron expression (${problem}); ${CRON}`, 'fix-config', {
      cause,
      code: 'usage',
    })
  }
}

function usage(message: string): SyncError {
  return new SyncError(message, 'fix-config', { code: 'usage' })
}
