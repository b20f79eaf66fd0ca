import type { EventLog } from '@tidemark/core/engine'
import {
  type NotDueTables,
  notDueOf,
  type OpenSources,
  type Report,
  type RunEvent,
  type Settings,
  sync,
} from '@tidemark/engine'
import type { ConfiguredSources } from '../configured-sources.ts'
import { loggedRun } from '../run-log/logged-run.ts'
import { runOptions, type Session } from '../session.ts'
import { withProgress } from '../with-progress.ts'
import type { RunMetrics } from './run-metrics.ts'
import type { SharedDestination } from './shared-destination.ts'
import { type Moment, moment, msBetween } from './timetable.ts'

export interface RoundOptions {
  readonly session: Session
  readonly sources: ConfiguredSources
  readonly names: readonly string[]
  readonly settings: Settings
  readonly database: SharedDestination
  readonly tally: RunMetrics
  /** Sources that stay connected. */
  readonly openSources: OpenSources
  /** Sources that no earlier run is reading. */
  readonly freeSources: readonly string[]
  /** The interval of tables without their own `every`. */
  readonly everyMs: number
  readonly askedAt: (table: string) => Moment | undefined
  readonly isFirst: boolean
  /** Whether another run uses the screen. */
  readonly quietly: boolean
  /** Called when it is known which sources are not due; the others are active from now on. */
  readonly onDecided: (rest: NotDueTables) => void
  /** Called for each event of the run. */
  readonly onEvent: (event: RunEvent) => void
  /** Called when a source has nothing left to do in this run. @param tables those that were synced. */
  readonly onSourceEnded: (source: string, tables: readonly string[]) => void
}

/** Tables that become due within this share of their interval are read together with those that are due. */
const TOGETHER = 0.05

/** One run of the sources that are free and due. @returns undefined if none of them is due. */
export async function runRound(options: RoundOptions): Promise<Report | undefined> {
  const { session, sources, names, settings, database, tally, freeSources: free, onDecided, isFirst, quietly } = options
  return database.with(async (destination) => {
    const state = await destination.state()
    const own = sources.sources.filter(({ name }) => free.includes(name))
    const rest = notDueOf({
      state,
      now: await destination.now(),
      sources: own,
      select: names,
      everyMs: options.everyMs,
      togetherMs: options.everyMs * TOGETHER,
      askedMsAgo: (table) => {
        const asked = options.askedAt(table)
        return asked === undefined ? undefined : msBetween(asked, moment())
      },
    })
    onDecided(rest)
    // The state does not know sources that were never read; those are always due.
    if (own.every(({ name }) => rest.sources.has(name)) && own.length > 0) return undefined
    const busy = sources.sources.filter(({ name }) => !free.includes(name)).map(({ name }) => name)
    const known = [...state.tables.values()]
    const tables = new Map(free.map((source) => [source, tablesOf(source, known, rest)]))
    const hear = tally.ofRun()
    return withProgress(
      session,
      ({ log = session.log, onEvent }) =>
        loggedRun(
          session,
          {
            ...runOptions(session, sources, destination, state),
            settings,
            openSources: options.openSources,
            select: names,
            resting: { sources: new Set([...rest.sources, ...busy]), tables: rest.tables },
            keepsFresh: 'source',
            log: tally.hearing(isFirst ? log : news(log)),
            onEvent: (event) => {
              onEvent?.(event)
              options.onEvent(event)
              hear(event)
              note(event, tables, options)
            },
          },
          sync,
        ),
      { quietly },
    )
  })
}

type Known = readonly { readonly name: string; readonly source: string }[]

function tablesOf(source: string, known: Known, rest: NotDueTables): Set<string> {
  return new Set(known.filter((one) => one.source === source && !rest.tables.has(one.name)).map(({ name }) => name))
}

function note(event: RunEvent, tables: ReadonlyMap<string, Set<string>>, { onSourceEnded }: RoundOptions): void {
  if (event.type === 'tables-planned') for (const { source, table } of event.work) tables.get(source)?.add(table)
  if (event.type === 'source-ended') onSourceEnded(event.source, [...(tables.get(event.source) ?? [])])
}

/** Omits the message that each run logs for each known table: that it continues where it was. */
function news(log: EventLog): EventLog {
  const isNews = (message: string): boolean => !/ continues(?: from \S+)?$/.test(message)
  return {
    debug: log.debug.bind(log),
    info: (message, fields) => (isNews(message) ? log.info(message, fields) : log.debug(message, fields)),
    warn: log.warn.bind(log),
  }
}
