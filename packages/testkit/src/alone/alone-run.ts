import { setTimeout as wait } from 'node:timers/promises'
import type { Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type Settings, sync } from '@tidemark/engine'
import { testRunner } from '../source/test-runner.ts'
import { type AloneOptions, OpenAlonePlace } from './alone-place.ts'
import { BrokenSource, FUNCTIONS, type FunctionName } from './broken-source.ts'
import type { Way } from './fault-line.ts'
import { HEALTHY_ROWS, healthySource } from './healthy-source.ts'

/** So soon the rows of a healthy source are there, and its table is free for others. */
const ROWS_MS = 5000
/** Where a machine is so busy that it takes longer even alone: so many times as long. */
const ALONE_TIMES = 10
/** So long after its time a run may take to end, on a busy machine. */
const END_MS = 8000
/** So long after a run its connections may take to go: an idle one is kept for the next request for a few seconds. */
const CLOSE_MS = 8000
const LOOK_MS = 50

/** How long things may take where a run ends by itself: a question, and five times that a page. */
const SHORT_MS = 1000
const LONGEST_MS = 5 * SHORT_MS + 15_000

export interface AloneCase {
  readonly fault: Way
  /** Whether the functions go wrong themselves, or their system does while they ask it. */
  readonly in: 'functions' | 'system'
  /** `limit`: everything waits as long as it does for users, and the time limit of the run ends it. */
  readonly ends: 'limit' | 'itself'
}

/** Runs the engine, so that a test can put one in its place that is known to be wrong. */
export type RunEngine = typeof sync

interface Ill {
  readonly at: FunctionName
  readonly place: OpenAlonePlace
  readonly broken: BrokenSource
}

/** A run of a healthy source beside one broken source for each function of the contract. @returns what did not hold. */
export async function runAlone(
  source: Source,
  options: AloneOptions,
  given: AloneCase,
  engine: RunEngine = sync,
): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack()
  const ill: Ill[] = []
  for (const at of FUNCTIONS) {
    const place = stack.use(await OpenAlonePlace.open(source, options))
    const line = given.in === 'system' ? place.line : undefined
    if (given.in === 'system' && line === undefined) return []
    ill.push({
      at,
      place,
      broken: new BrokenSource(source, { at, fault: given.fault, name: `ill_${at.toLowerCase()}`, line }),
    })
  }
  const destination = await openDestination({ url: ':memory:', runner: testRunner() })
  stack.defer(() => destination.close())
  const rowsMs = Math.max(ROWS_MS, ALONE_TIMES * (await msAlone()))
  return await watched({ ill, destination, given, engine, rowsMs })
}

/** How long the healthy source takes where nothing else is read: what the machine does beside it is no source's fault. */
async function msAlone(): Promise<number> {
  const destination = await openDestination({ url: ':memory:', runner: testRunner() })
  try {
    const startedAt = performance.now()
    await sync({ sources: [{ name: 'well', source: healthySource('well'), config: {}, options: {} }], destination })
    return performance.now() - startedAt
  } finally {
    await destination.close()
  }
}

interface Watching {
  readonly ill: readonly Ill[]
  readonly destination: Destination
  readonly given: AloneCase
  readonly engine: RunEngine
  readonly rowsMs: number
}

async function watched({ ill, destination, given, engine, rowsMs }: Watching): Promise<readonly string[]> {
  const settings: Settings =
    given.ends === 'limit'
      ? { maxTimeMs: rowsMs + 1000 }
      : { stallTimeoutMs: SHORT_MS, retry: { attempts: 2, firstDelayMs: 50, maxDelayMs: 50 }, maxTimeMs: LONGEST_MS }
  const stop = new AbortController()
  const startedAt = performance.now()
  const running = engine({
    sources: [
      ...ill.map(({ broken, place }) => ({
        ...{ name: broken.source.name, source: broken.source, config: place.config, options: {} },
      })),
      { name: 'well', source: healthySource('well'), config: {}, options: {} },
    ],
    destination,
    settings,
    signal: stop.signal,
  })
  const seen = await seenWithin(destination, rowsMs, startedAt)
  const report = await Promise.race([
    running,
    wait(Math.max(0, settings.maxTimeMs! + END_MS - (performance.now() - startedAt)), undefined),
  ])
  const tookMs = Math.round(performance.now() - startedAt)
  stop.abort()
  await running
  return [
    ...seen,
    ...(report === undefined
      ? [`the run had not ended ${tookMs} ms after it began, though it may take ${settings.maxTimeMs} ms`]
      : foundIn(report, ill, given)),
    ...(await leftBehind(ill, destination)),
  ]
}

/** What of the healthy source is not there in time. */
async function seenWithin(destination: Destination, ms: number, startedAt: number): Promise<readonly string[]> {
  const ask = async (statement: string): Promise<number> => {
    const answer = await destination.query(statement).catch(() => undefined)
    return Number(answer?.rows[0]?.[0] ?? 0)
  }
  let rows = 0
  let free = 0
  while (performance.now() - startedAt < ms) {
    rows = await ask('select count(*) from well_rows')
    free = await ask("select count(*) from _tidemark_leases where name = 'well_rows' and runner is null")
    if (rows === HEALTHY_ROWS && free === 1) return []
    await wait(LOOK_MS)
  }
  return [
    ...(rows === HEALTHY_ROWS ? [] : [`the healthy source had ${rows} of its ${HEALTHY_ROWS} rows after ${ms} ms`]),
    ...(free === 1 ? [] : [`the table of the healthy source was not released to other runs after ${ms} ms`]),
  ]
}

/** Functions whose failure is not a failure of the table, or that a sync does not call. */
const HARMLESS: ReadonlySet<FunctionName> = new Set(['close', 'countUnread', 'countRows', 'findKeys'])

function foundIn(report: Report, ill: readonly Ill[], given: AloneCase): readonly string[] {
  const well = report.tables.find(({ source }) => source === 'well')
  const failed = new Set([
    ...report.sources.filter(({ failure }) => failure !== undefined).map(({ name }) => name),
    ...report.tables.filter(({ failures }) => failures.length > 0).map(({ source }) => source),
  ])
  // What the system answers otherwise than with data fails what asked it, where it was asked; a drip is only slow.
  const mustFail = given.in === 'functions' && given.fault !== 'drip'
  return [
    ...(well?.status === 'complete' && well.failures.length === 0 ? [] : [`the healthy table is ${well?.status}`]),
    ...(report.failure === undefined ? [] : [`the run failed as a whole: ${report.failure.message}`]),
    ...(failed.size > 0 && report.exitCode !== 3 ? [`the exit code is ${report.exitCode}, not 3`] : []),
    ...ill.flatMap(({ at, broken }) =>
      mustFail && broken.met > 0 && !HARMLESS.has(at) && !failed.has(broken.source.name)
        ? [`${at} went wrong (${given.fault}), but the run reports no failure of its source`]
        : [],
    ),
  ]
}

/** What the broken sources still hold. */
async function leftBehind(ill: readonly Ill[], destination: Destination): Promise<readonly string[]> {
  const { rows } = await destination.query('select name from _tidemark_leases where runner is not null')
  const held = rows.map(([name]) => `the table ${String(name)} is still locked after the run`)
  const until = performance.now() + CLOSE_MS
  const open = (): readonly string[] =>
    ill.flatMap(({ at, broken, place }) => {
      const connections = place.line?.connections() ?? 0
      return [
        ...(broken.open > 0 ? [`after ${at} went wrong the connection was not closed`] : []),
        // What hangs in close() cannot be closed by anybody else.
        ...(connections > 0 && at !== 'close'
          ? [`after ${at} went wrong ${connections} connections are open at the system`]
          : []),
      ]
    })
  while (open().length > 0 && performance.now() < until) await wait(LOOK_MS)
  return [...held, ...open()]
}
