import { setTimeout as wait } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { isShareable, readWorkStatus } from '@tidemark/destination'
import { longestSilenceMs, type Settings } from '@tidemark/engine'
import { agreeOnTarget } from '../agree-on-target.ts'
import { Notifier } from '../notify/notifier.ts'
import { lookEveryMs, NotifyLoop } from '../notify/notify-loop.ts'
import { type Call, findSources, openSession, type Session, withDestination } from '../session.ts'
import { settingsFrom } from '../settings.ts'
import { addressOf } from './address.ts'
import { healthOf } from './health.ts'
import { type Listening, listen } from './listen.ts'
import { monitorPaths } from './monitor-paths.ts'
import { SharedDestination } from './shared-destination.ts'
import { StateProbe } from './state-probe.ts'
import { isAway, SyncLoop } from './sync-loop.ts'
import { timetableOf } from './timetable.ts'
import { waitUntil } from './wait-until.ts'
import { Waiting } from './waiting.ts'

export interface ServeFlags {
  readonly every?: string | undefined
  readonly cron?: string | undefined
  /** `[host:]port`. */
  readonly listen?: string | undefined
  readonly acceptDeletions?: boolean | undefined
  readonly takeOver?: boolean | undefined
}

/** Time for a graceful stop, after which the process ends anyway; that loses nothing either. */
const GRACE_MS = 30_000
/** Time to wait at the end for a database that does not answer. */
const END_MS = 3000
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 60_000

/** Whether a sync keeps running until it is stopped. @throws SyncError `fix-config` if the options exclude each other. */
export function isContinuous({ every, cron, listen: address, acceptDeletions, takeOver }: ServeFlags): boolean {
  const isEndless = every !== undefined || cron !== undefined
  if (!isEndless && address !== undefined)
    throw usage('--listen needs a sync that keeps running; add --every 5m, or omit --listen')
  if (isEndless && acceptDeletions === true)
    throw usage(
      '--accept-deletions applies to one run; run "sync --accept-deletions" once, in addition to the sync that keeps running',
    )
  if (isEndless && takeOver === true)
    throw usage(
      '--take-over applies to one run; run "sync --take-over" once, before you start the sync that keeps running',
    )
  return isEndless
}

/** Runs repeatedly until a signal arrives. Config and installed packages are read once, at the start. */
export async function serve(
  call: Call,
  names: readonly string[],
  flags: ServeFlags,
  maxTimeMs: number | undefined,
): Promise<number> {
  const timetable = timetableOf({
    ...(flags.every === undefined ? {} : { every: flags.every }),
    ...(flags.cron === undefined ? {} : { cron: flags.cron }),
  })
  const address = flags.listen === undefined ? undefined : addressOf(flags.listen)
  const { interrupts } = call
  return interrupts.during(async () => {
    endWithin(GRACE_MS, call)
    const session = await patiently(call)
    if (session === undefined) return interrupts.exitCode() ?? 0
    const configured = await findSources(session)
    if (configured.sources.length === 0 && configured.unavailable.length === 0)
      throw usage(
        `no source is ${configured.unconfigured.length > 0 ? 'configured' : 'installed'} in ${session.project.folder}; a sync that keeps running would have nothing to do`,
      )
    await agreeOnTarget(session)
    const everyMs = timetable.everyMs === 0 ? undefined : timetable.everyMs
    const settings: Settings = { ...settingsFrom(session.config.data, maxTimeMs), everyMs }
    const database = new SharedDestination((work) => withDestination(session, work))
    const { sources, freshWithin, concurrency, perSource, perTable } = session.config.data
    const outlook = new StateProbe((work) => database.with(work), {
      redact: session.secrets.redact,
      freshness: { sources, freshWithin, everyMs, concurrency, perSource, perTable },
      askWork: isShareable(session.target) ? (destination) => readWorkStatus(destination, session.identity) : undefined,
    })
    const waiting = new Waiting(database, timetable.everyMs)
    const rounds = new SyncLoop({ session, sources: configured, names, settings, timetable, database, waiting })
    const notifier = Notifier.of(session, { keepsRunning: true })
    const notices =
      notifier &&
      new NotifyLoop({
        notifier,
        log: session.log,
        withDestination: (work) => database.with(work),
        everyMs: lookEveryMs(everyMs ?? Number.POSITIVE_INFINITY),
      })
    let listening: Listening | undefined
    try {
      if (address !== undefined) {
        const silenceMs = longestSilenceMs(settings)
        const pulse = () => rounds.pulse()
        const health = (problem: string | undefined) =>
          healthOf({ pulse: pulse(), problem, now: Date.now(), silenceMs })
        listening = await listen(address, monitorPaths({ probe: outlook, tally: rounds.tally, pulse, health }))
        call.terminal.say(`health and metrics: ${listening.url}/healthz and ${listening.url}/metrics`, {
          event: 'listening',
        })
      }
      await notices?.start()
      await rounds.run(interrupts.signal)
    } finally {
      listening?.close()
      await notices?.stop()
      await Promise.race([waiting.end(), wait(END_MS, undefined, { ref: false })])
    }
    return interrupts.exitCode() ?? 0
  })
}

/** Opens the session; waits for a database that is not up yet, e.g. after a restart of the machine. */
async function patiently(call: Call): Promise<Session | undefined> {
  const { signal } = call.interrupts
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
    try {
      return await openSession(call)
    } catch (error) {
      if (!isAway(error)) throw error
      call.log.warn(`${(error as SyncError).message}; trying again in ${Math.ceil(delayMs / 1000)} s`, {
        event: 'destination-failed',
      })
      const until = performance.now() + delayMs
      if (!(await waitUntil(() => performance.now() >= until, delayMs, signal))) return undefined
    }
  }
}

function endWithin(ms: number, { interrupts, terminal }: Call): void {
  interrupts.signal.addEventListener(
    'abort',
    () => {
      setTimeout(() => {
        terminal.say(`the sync did not stop within ${ms / 1000} s, so the process ends now; what is committed stays`, {
          event: 'stopping',
        })
        interrupts.endNow()
      }, ms).unref()
    },
    { once: true },
  )
}

function usage(message: string): SyncError {
  return new SyncError(message, 'fix-config', { code: 'usage' })
}
