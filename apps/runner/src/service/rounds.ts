import { SyncError } from '@tidemark/core'
import { type Destination, messageOf } from '@tidemark/core/engine'
import { EXIT, type Report, type Rest, restingOf, type Settings, sync } from '@tidemark/engine'
import { redactDeep } from '../redact-deep.ts'
import { runOptions, type Session, withDestination } from '../session.ts'
import { durationText } from '../show/numbers.ts'
import { failureLines, reportSummary } from '../show/report.ts'
import { reportDocument } from '../show/report-document.ts'
import { jsonText } from '../terminal.ts'
import type { Uses } from '../uses.ts'
import { withProgress } from '../with-progress.ts'
import type { Pulse } from './families.ts'
import type { Outlook } from './outlook.ts'
import { Tally } from './tally.ts'
import { type Moment, msBetween, type Timetable } from './timetable.ts'
import { waitUntil } from './wait-until.ts'

export interface RoundsOptions {
  readonly session: Session
  readonly uses: Uses
  readonly names: readonly string[]
  readonly settings: Settings
  readonly timetable: Timetable
  readonly outlook: Outlook
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 300_000

/** Runs, one after the other: each begins when the timetable and the tables' own `every` say so, and none before the last has ended. */
export class Rounds {
  readonly tally = new Tally(() => performance.now())
  readonly #options: RoundsOptions
  /** When each known table was last asked for. */
  readonly #asked = new Map<string, Moment>()
  #isRunning = false
  #isFirst = true
  #last: Moment | undefined
  #dueAt: number | undefined
  #lastSuccessAt: number | undefined
  #lastExitCode: number | undefined
  #promisedMs: number | undefined
  /** Failures of the database in a row. */
  #away = 0

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  pulse(): Pulse {
    return {
      isRunning: this.#isRunning,
      lastEndedAt: this.#last?.wall,
      lastSuccessAt: this.#lastSuccessAt,
      lastExitCode: this.#lastExitCode,
      dueAt: this.#isRunning ? undefined : this.#dueAt,
    }
  }

  /** Until the signal comes. @throws what no later run can mend: a mistake in the config at the first, a bug of Tidemark's. */
  async run(signal: AbortSignal): Promise<void> {
    const { timetable, session } = this.#options
    if (timetable.begins === 'tick') {
      const start = moment()
      this.#dueAt = timetable.dueAt(start, undefined)
      session.terminal.say(`the first run is due at ${new Date(this.#dueAt).toISOString()}`)
      await waitUntil(() => timetable.isDue(moment(), start, undefined), this.#dueAt - start.wall, signal)
    }
    while (!signal.aborted) {
      const restMs = await this.#round(signal)
      const last = moment()
      this.#isFirst = false
      const isDue =
        this.#away > 0 ? () => msBetween(last, moment()) >= restMs! : () => timetable.isDue(moment(), last, restMs)
      this.#dueAt = this.#away > 0 ? last.wall + restMs! : timetable.dueAt(last, restMs)
      await waitUntil(isDue, this.#dueAt - last.wall, signal)
    }
  }

  /** One run, and what it came to. @returns when the first table that rests comes due, or the database is tried again. */
  async #round(signal: AbortSignal): Promise<number | undefined> {
    const startedAt = performance.now()
    this.#isRunning = true
    try {
      const { report, restMs } = await this.#read()
      if (report !== undefined && !signal.aborted) this.#tell(report)
      if (report?.failure?.code?.startsWith('destination') === true && !signal.aborted) return this.#backOff()
      this.#away = 0
      return restMs
    } catch (error) {
      if (signal.aborted) return undefined
      if (!SyncError.is(error) || (this.#isFirst && !isAway(error))) throw error
      const { terminal } = this.#options.session
      terminal.say(`failed: the run: ${messageOf(error)}`)
      const isDestination = error.code?.startsWith('destination') === true
      this.#ended(isDestination ? EXIT.destination : EXIT.config, performance.now() - startedAt)
      return isDestination ? this.#backOff() : undefined
    } finally {
      this.#isRunning = false
    }
  }

  async #read(): Promise<{ readonly report: Report | undefined; readonly restMs: number | undefined }> {
    const { session, uses, names, settings, outlook } = this.#options
    return withDestination(session, async (destination) => {
      const state = await destination.state()
      const resting = this.#restOf({ state, now: await destination.now() })
      // What the state cannot know: uses that were never read are never at rest.
      if (uses.uses.every(({ name }) => resting.uses.has(name)) && uses.uses.length > 0) {
        await this.#recordWaiting(destination, resting.dueInMs)
        return { report: undefined, restMs: resting.dueInMs }
      }
      const options = runOptions(session, uses, destination, state)
      const report = await outlook.during(destination, () =>
        withProgress(session, ({ log = session.log, onEvent }) =>
          sync({
            ...options,
            settings,
            select: names,
            resting,
            log: this.tally.hearing(this.#isFirst ? log : news(log)),
            onEvent: (event) => {
              onEvent?.(event)
              this.tally.event(event)
            },
          }),
        ),
      )
      if (report.failure?.code?.startsWith('destination') === true) return { report, restMs: undefined }
      const after = await destination.state()
      const now = moment()
      for (const { name, source } of after.tables.values())
        if (!resting.tables.has(name) && !resting.uses.has(source)) this.#asked.set(name, now)
      const restMs = this.#restOf({ state: after, now: await destination.now() }).dueInMs
      await this.#recordWaiting(destination, restMs)
      return { report, restMs }
    })
  }

  /** Between its runs nothing else says that this process is there. It is no promise to anyone that this succeeds. */
  async #recordWaiting(destination: Destination, restMs: number | undefined): Promise<void> {
    const now = moment()
    const dueInMs = this.#options.timetable.dueAt(now, restMs) - now.wall
    if (!Number.isFinite(dueInMs)) return
    // An expression has no length of its own: what it promises is its next time.
    const everyMs = Math.round(this.#options.timetable.everyMs || dueInMs)
    const dueAt = (await destination.now()) + BigInt(Math.round(dueInMs * 1000))
    await destination.recordRun(0, [{ kind: 'waiting', everyMs, dueAt }]).catch(() => {})
    this.#promisedMs = everyMs
  }

  /** Says that no run comes after the last one. */
  async recordEnd(): Promise<void> {
    const everyMs = this.#promisedMs
    if (everyMs === undefined) return
    await withDestination(this.#options.session, (destination) =>
      destination.recordRun(0, [{ kind: 'waiting', everyMs, dueAt: null }]),
    )
  }

  #restOf(given: Pick<Parameters<typeof restingOf>[0], 'state' | 'now'>): Rest {
    const { uses, names, timetable } = this.#options
    const now = moment()
    return restingOf({
      ...given,
      uses: uses.uses,
      select: names,
      everyMs: timetable.everyMs,
      askedMsAgo: (table) => {
        const asked = this.#asked.get(table)
        return asked === undefined ? undefined : msBetween(asked, now)
      },
    })
  }

  #tell(report: Report): void {
    const { session, uses } = this.#options
    const { terminal, secrets, command, flags } = session
    const document = redactDeep({ ...reportDocument(report, command), unconfigured: uses.unconfigured }, secrets.redact)
    const say = flags.json === true ? terminal.say : terminal.print
    for (const line of failureLines(report, command)) say(secrets.redact(line))
    // One document a line: there is a run after this one.
    if (flags.json === true) terminal.printRaw(`${jsonText(document, 0)}\n`)
    else terminal.print(`run ${report.run ?? '?'}: ${reportSummary(report)}`)
    this.#ended(report.exitCode, report.durationMs)
  }

  #ended(exitCode: number, durationMs: number): void {
    this.tally.ended({ exitCode, durationMs })
    this.#last = moment()
    this.#lastExitCode = exitCode
    if (exitCode === EXIT.ok) this.#lastSuccessAt = this.#last.wall
  }

  #backOff(): number {
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#away++)
    this.#options.session.log.warn(`the database failed; trying again in ${durationText(delayMs)}`)
    return delayMs
  }
}

/** Whether a failure says that the database is away and may come back. */
export function isAway(error: unknown): boolean {
  return SyncError.is(error) && error.remedy === 'retry' && error.code?.startsWith('destination') === true
}

function moment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() }
}

/** Leaves out what every run says of every table: that it goes on where it was. */
function news(log: Session['log']): Session['log'] {
  const isNews = (message: string): boolean => !/ goes on(?: from \S+)?$/.test(message)
  return {
    debug: log.debug.bind(log),
    info: (message, fields) => (isNews(message) ? log.info(message, fields) : log.debug(message, fields)),
    warn: log.warn.bind(log),
  }
}
