import { SyncError } from '@tidemark/core'
import { type EventLog, messageOf } from '@tidemark/core/engine'
import {
  EXIT,
  type NotDueTables,
  type Report,
  type RunEvent,
  type Settings,
  type SilentQuestion,
  sync,
} from '@tidemark/engine'
import type { ConfiguredSources } from '../configured-sources.ts'
import { jsonDocument } from '../json-document.ts'
import { jsonText } from '../json-text.ts'
import { redactDeep } from '../redact-deep.ts'
import { runOptions, type Session } from '../session.ts'
import { durationText } from '../show/numbers.ts'
import { failureLines, heldLines, reportSummary } from '../show/report.ts'
import { reportDocument } from '../show/report-document.ts'
import { EventSources } from './event-sources.ts'
import { FeedFollower } from './feed-follower.ts'
import type { LoopStatus } from './metric-families.ts'
import { runRound } from './round.ts'
import { RunMetrics } from './run-metrics.ts'
import type { SharedDestination } from './shared-destination.ts'
import { type Moment, moment, msBetween, type Timetable } from './timetable.ts'
import { waitUntil } from './wait-until.ts'
import type { Waiting } from './waiting.ts'

export interface SyncLoopOptions {
  readonly session: Session
  readonly sources: ConfiguredSources
  readonly names: readonly string[]
  readonly settings: Settings
  readonly timetable: Timetable
  readonly database: SharedDestination
  readonly waiting: Waiting
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 300_000

/**
 * Repeated runs, each of the sources that are due and not active in an earlier run: a source that hangs keeps its own run
 * open but does not block other sources. The timetable and the tables' own `every` decide when a run starts.
 */
export class SyncLoop {
  readonly tally = new RunMetrics(() => performance.now())
  readonly #options: SyncLoopOptions
  /** When each known table, and each source, was last synced. */
  readonly #tablesAsked = new Map<string, Moment>()
  readonly #sourcesAsked = new Map<string, Moment>()
  /** Active sources: when their run started, when it was last active, and the question that they have not answered. */
  readonly #busy = new Map<string, { readonly began: Moment; heard: Moment; question?: SilentQuestion | undefined }>()
  readonly #running = new Set<Promise<void>>()
  readonly #sources = new EventSources()
  /** By table: the runner that held it in its last run. */
  readonly #holders = new Map<string, string | undefined>()
  /** When the next table becomes due, as of the last run. */
  #rest: { readonly since: Moment; readonly ms: number } | undefined
  #lastTick: Moment | undefined
  #isFirst = true
  #last: Moment | undefined
  #dueAt: number | undefined
  #lastSuccessAt: number | undefined
  #lastExitCode: number | undefined
  /** Consecutive failures of the database, and how long to wait after the last one. */
  #failures = 0
  #away: { readonly since: Moment; readonly ms: number } | undefined
  #fatal: { readonly error: unknown } | undefined
  #wake = new AbortController()

  /** Reads feeds between rounds. */
  readonly #follower: FeedFollower
  #signal: AbortSignal | undefined

  constructor(options: SyncLoopOptions) {
    this.#options = options
    const { session, sources, settings, database } = options
    this.#follower = new FeedFollower({
      withDestination: (work) => database.with(work),
      sync: async (destination, more) =>
        sync({
          ...runOptions(session, sources, destination, await destination.state()),
          settings,
          log: quiet(session.log),
          ...more,
        }),
      log: session.log,
    })
  }

  pulse(): LoopStatus {
    return {
      isRunning: this.#running.size > 0,
      busy: [...this.#busy].map(([source, { began, heard, question }]) => ({
        ...{ source, since: began.wall, heardAt: heard.wall, question },
      })),
      lastEndedAt: this.#last?.wall,
      lastSuccessAt: this.#lastSuccessAt,
      lastExitCode: this.#lastExitCode,
      // Nothing is due while all sources are active.
      dueAt: Number.isFinite(this.#dueAt) ? this.#dueAt : undefined,
    }
  }

  /** Runs until the signal. @throws what no later run can fix: a config error in the first run, a bug in Tidemark. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    const { timetable, session } = this.#options
    if (timetable.begins === 'tick') {
      this.#lastTick = moment()
      const first = timetable.dueAt(this.#lastTick, undefined)
      session.terminal.say(`the first run is due at ${new Date(first).toISOString()}`, { event: 'waiting' })
    }
    for (;;) {
      await this.#untilDue(signal)
      if (signal.aborted || this.#fatal !== undefined) break
      const decided = Promise.withResolvers<void>()
      const round = this.#round(decided.resolve, signal).finally(() => {
        decided.resolve()
        this.#running.delete(round)
        this.#wake.abort()
      })
      this.#running.add(round)
      await decided.promise
    }
    await Promise.allSettled(this.#running)
    await this.#follower.close()
    if (this.#fatal !== undefined) throw this.#fatal.error
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#fatal === undefined && !this.#isDue()) {
      this.#dueAt = this.#nextDueAt()
      if (this.#running.size === 0) this.#options.waiting.next(this.#dueAt)
      this.#wake = new AbortController()
      const woken = AbortSignal.any([signal, this.#wake.signal])
      await waitUntil(() => this.#isDue(), this.#dueAt - Date.now(), woken)
    }
  }

  /** One run and its result. */
  async #round(decided: () => void, signal: AbortSignal): Promise<void> {
    const { session, sources, names, settings, timetable, database } = this.#options
    const startedAt = performance.now()
    const isFirst = this.#isFirst
    const freeSources = this.#freeSources()
    const began = moment()
    this.#lastTick = began
    this.#rest = undefined
    for (const source of freeSources) this.#busy.set(source, { began, heard: began })
    await Promise.all(freeSources.map((source) => this.#follower.pause(source)))
    try {
      const report = await runRound({
        ...{ session, sources, names, settings, database, freeSources: freeSources, isFirst },
        tally: this.tally,
        openSources: this.#follower.openSources,
        everyMs: timetable.everyMs,
        askedAt: (table) => this.#tablesAsked.get(table),
        quietly: this.#running.size > 0,
        onDecided: (rest) => {
          this.#rests(rest)
          decided()
        },
        onEvent: (event) => this.#heard(began, event),
        onSourceEnded: (source, tables) => this.#sourceEnded(source, tables),
      })
      if (report !== undefined && !signal.aborted) this.#tell(report)
      if (report?.failure?.code?.startsWith('destination') === true && !signal.aborted) return this.#backOff()
      this.#failures = 0
      this.#away = undefined
    } catch (error) {
      if (signal.aborted) return
      if (!SyncError.is(error) || (isFirst && !isAway(error))) {
        this.#fatal = { error }
        return
      }
      if (session.terminal.isForPrograms) session.log.error(messageOf(error), { event: 'run-failed', code: error.code })
      else session.terminal.say(`failed: the run: ${messageOf(error)}`)
      const isDestination = error.code?.startsWith('destination') === true
      this.#ended(isDestination ? EXIT.destination : EXIT.config, performance.now() - startedAt)
      if (isDestination) this.#backOff()
    } finally {
      this.#isFirst = false
      for (const source of freeSources) if (this.#busy.get(source)?.began === began) this.#sourceEnded(source, [])
    }
  }

  /** Notes activity of one source of a run; the start and end of the run count for all of its sources. */
  #heard(began: Moment, event: RunEvent): void {
    if (event.type === 'source-silent') {
      const one = this.#busy.get(event.source)
      if (one?.began === began) one.question = event.question
      if (event.question !== undefined) return
    }
    const now = moment()
    const of = this.#sources.of(event)
    for (const [source, one] of this.#busy) if (one.began === began && of?.has(source) !== false) one.heard = now
  }

  #rests({ sources, dueInMs }: NotDueTables): void {
    const now = moment()
    if (dueInMs !== undefined) this.#rest = { since: now, ms: dueInMs }
    for (const source of sources) this.#sourceEnded(source, [])
  }

  #sourceEnded(source: string, tables: readonly string[]): void {
    const now = moment()
    this.#busy.delete(source)
    if (this.#signal !== undefined) this.#follower.follow(source, this.#signal)
    this.#sourcesAsked.set(source, now)
    for (const table of tables) this.#tablesAsked.set(table, now)
    this.#wake.abort()
  }

  #freeSources(): readonly string[] {
    return this.#options.sources.sources.map(({ name }) => name).filter((name) => !this.#busy.has(name))
  }

  #isDue(): boolean {
    const now = moment()
    if (this.#away !== undefined) return msBetween(this.#away.since, now) >= this.#away.ms
    return this.#waits().some(({ since, ms }) => this.#options.timetable.isDue(now, since, ms))
  }

  #nextDueAt(): number {
    if (this.#away !== undefined) return this.#away.since.wall + this.#away.ms
    return Math.min(...this.#waits().map(({ since, ms }) => this.#options.timetable.dueAt(since, ms)))
  }

  /** Since when something waits for the next run, and how long at most; empty if all sources are active. */
  #waits(): readonly { readonly since: Moment; readonly ms: number | undefined }[] {
    const { sources, timetable } = this.#options
    const free = this.#freeSources()
    if (free.length === 0 && sources.sources.length > 0) return []
    if (timetable.begins === 'tick' || free.length === 0) return [{ since: this.#lastTick ?? NEVER, ms: undefined }]
    const asked = free.map((source) => ({ since: this.#sourcesAsked.get(source) ?? NEVER, ms: undefined }))
    return this.#rest === undefined ? asked : [...asked, this.#rest]
  }

  #tell(report: Report): void {
    const { session, sources } = this.#options
    const { terminal, secrets, command, flags } = session
    const shown = redactDeep(report, secrets.redact)
    const document = redactDeep(
      { ...reportDocument(shown, command), unconfigured: sources.unconfigured },
      secrets.redact,
    )
    const say = flags.json === true ? terminal.sayShown : terminal.print
    const held = this.#newlyHeld(shown)
    // The events of the run have logged it.
    if (!terminal.isForPrograms) for (const line of [...failureLines(shown, command), ...held]) say(line)
    // One document per line, because more runs follow.
    if (flags.json === true) terminal.printRaw([`${jsonText(jsonDocument(document), 0)}\n`])
    else if (!terminal.isForPrograms) terminal.print(`run ${report.run ?? '?'}: ${reportSummary(report)}`)
    this.#ended(report.exitCode, report.durationMs)
  }

  /** Tables that another runner holds since this run, or another one than before: said once, however long that lasts. */
  #newlyHeld(report: Report): readonly string[] {
    const tables = report.tables.filter(({ name, heldBy }) => {
      const holder = heldBy === undefined ? undefined : `${heldBy.pid}@${heldBy.host}`
      const isNew = holder !== this.#holders.get(name)
      this.#holders.set(name, holder)
      return isNew
    })
    return heldLines({ ...report, tables })
  }

  #ended(exitCode: number, durationMs: number): void {
    this.tally.ended({ exitCode, durationMs })
    this.#last = moment()
    this.#lastExitCode = exitCode
    if (exitCode === EXIT.ok) this.#lastSuccessAt = this.#last.wall
  }

  /** Runs that fail at the same time count as one failure. */
  #backOff(): void {
    this.#options.database.renew()
    if (this.#away !== undefined && msBetween(this.#away.since, moment()) < this.#away.ms) return
    const ms = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures++)
    this.#away = { since: moment(), ms }
    this.#options.session.log.warn(`the database failed; trying again in ${durationText(ms)}`, {
      event: 'destination-failed',
    })
  }
}

/** What the rounds say already is not said twice a second. */
function quiet(log: EventLog): EventLog {
  return { debug: log.debug.bind(log), info: log.debug.bind(log), warn: log.warn.bind(log) }
}

const NEVER: Moment = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY }

/** Whether a failure means that the database is unreachable for now. */
export function isAway(error: unknown): boolean {
  return SyncError.is(error) && error.remedy === 'retry' && error.code?.startsWith('destination') === true
}
