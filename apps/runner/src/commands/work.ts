import { SyncError, suggestion } from '@tidemark/core'
import type { Destination, EventLog, Runner } from '@tidemark/core/engine'
import {
  isAlive,
  openDestination,
  openQueueDatabase,
  readWorkStatus,
  thisRunner,
  WorkQueue,
} from '@tidemark/destination'
import { EXIT, type RunEvent } from '@tidemark/engine'
import type { Command } from 'commander'
import { agreeOnTarget } from '../agree-on-target.ts'
import type { ConfiguredSources } from '../configured-sources.ts'
import { Notifier } from '../notify/notifier.ts'
import { lookEveryMs, NotifyLoop } from '../notify/notify-loop.ts'
import { logStepEvents } from '../run-log/run-events.ts'
import { type Address, addressOf } from '../service/address.ts'
import { type Listening, listen, type Paths } from '../service/listen.ts'
import { monitorPaths } from '../service/monitor-paths.ts'
import { RunMetrics } from '../service/run-metrics.ts'
import { StateProbe } from '../service/state-probe.ts'
import { timetableOf } from '../service/timetable.ts'
import { workerHealthOf } from '../service/worker-health.ts'
import { type Call, findSources, openSession, runOptions, type Session } from '../session.ts'
import { type AddVerb, countOption, examples } from '../verb.ts'
import { RunWindows } from '../work/run-windows.ts'
import { sharedPaces } from '../work/shared-paces.ts'
import type { WorkEngine } from '../work/work-engine.ts'
import { WorkLoop } from '../work/work-loop.ts'

export interface WorkFlags {
  /** How many windows this process reads at once. */
  readonly concurrency?: number | undefined
  /** How long after one planning of a source the next one begins: `5m`. */
  readonly every?: string | undefined
  /** `[host:]port`. */
  readonly listen?: string | undefined
}

const EVERY = '5m'
const CONCURRENCY = 4
const PER_SOURCE = 2
const LEASE_MS = 60_000

/** Shares the windows of sources with other processes, until a signal arrives. */
export async function work(
  call: Call,
  names: readonly string[],
  { every = EVERY, concurrency, listen: asked }: WorkFlags,
  makeEngine: MakeWorkEngine = runWindows,
): Promise<number> {
  const { everyMs } = timetableOf({ every })
  const address = asked === undefined ? undefined : addressOf(asked)
  const { interrupts } = call
  return interrupts.during(async () => {
    const session = await openSession(call)
    // Before anything is made: a file would be.
    const database = await openQueueDatabase(session.target)
    try {
      const configured = await findSources(session)
      const sources = namedSources(session, configured, names)
      await agreeOnTarget(session)
      const runner = thisRunner()
      const destination = await openWorkersDestination(session, runner)
      try {
        const sharing = { session, sources, runner, destination, database, everyMs, concurrency, address }
        await shareWindows(sharing, (queue, tally) => makeEngine(session, configured, destination, queue, tally))
      } finally {
        await destination.close()
      }
    } finally {
      await database.close()
    }
    return interrupts.exitCode() ?? EXIT.ok
  })
}

/** Makes what plans and reads windows, for a destination and a queue that are open. */
export type MakeWorkEngine = (
  session: Session,
  sources: ConfiguredSources,
  destination: Destination,
  queue: WorkQueue,
  tally: RunMetrics,
) => Promise<WorkEngine>

const runWindows: MakeWorkEngine = async (session, sources, destination, queue, tally) => {
  const run = runOptions(session, sources, destination, await destination.state())
  const paceOf = sharedPaces(queue, session.log)
  const logStep = logStepEvents(session.log.runEvents)
  const hear = () => {
    const count = tally.ofRun()
    return (event: RunEvent) => {
      count(event)
      logStep(event)
    }
  }
  return new RunWindows({ destination, run: { ...run, paceOf, log: tally.hearing(session.log) }, hear })
}

interface Sharing {
  readonly session: Session
  readonly sources: readonly string[]
  readonly runner: Runner
  readonly destination: Destination
  readonly database: Awaited<ReturnType<typeof openQueueDatabase>>
  readonly everyMs: number
  readonly concurrency: number | undefined
  /** Where it serves its health and metrics; undefined: nowhere. */
  readonly address: Address | undefined
}

async function shareWindows(
  { session, sources, runner, destination, database, everyMs, concurrency: asked, address }: Sharing,
  makeEngine: (queue: WorkQueue, tally: RunMetrics) => Promise<WorkEngine>,
): Promise<void> {
  const { log, terminal, interrupts, config } = session
  const concurrency = asked ?? config.data.concurrency ?? CONCURRENCY
  const queue = await WorkQueue.open({
    database,
    runner,
    project: session.identity,
    isAlive,
    onTrouble: maintenanceLog(log),
  })
  try {
    const tally = new RunMetrics(() => performance.now())
    const engine = await makeEngine(queue, tally)
    const perSource = config.data.perSource ?? PER_SOURCE
    terminal.say(
      `sharing the windows of ${sources.join(', ')} in ${session.target.shown}, ${concurrency} at once here; all workers together read at most ${perSource} at once of a source (perSource)`,
      { event: 'worker-started' },
    )
    const loop = new WorkLoop({
      ...{ queue, engine, sources, concurrency, perSource, everyMs, log },
      renew: () => destination.renew(),
      leaseMs: LEASE_MS,
      signal: interrupts.signal,
    })
    const notifier = Notifier.of(session, { keepsRunning: true })
    const notices =
      notifier &&
      new NotifyLoop({
        notifier,
        log,
        withDestination: (work) => work(destination),
        everyMs: lookEveryMs(everyMs),
      })
    let listening: Listening | undefined
    try {
      if (address !== undefined) {
        listening = await listen(address, pathsOf(session, { loop, tally, destination, everyMs }))
        terminal.say(`health and metrics: ${listening.url}/healthz and ${listening.url}/metrics`, {
          event: 'listening',
        })
      }
      await notices?.start()
      await loop.run()
    } finally {
      listening?.close()
      await notices?.stop()
      await engine.close?.()
    }
  } finally {
    await queue.close()
  }
}

interface Monitored {
  readonly loop: WorkLoop
  readonly tally: RunMetrics
  readonly destination: Destination
  readonly everyMs: number
}

function pathsOf({ config, secrets, identity }: Session, { loop, tally, destination, everyMs }: Monitored): Paths {
  const { sources, freshWithin, concurrency, perSource, perTable } = config.data
  const probe = new StateProbe((look) => look(destination), {
    redact: secrets.redact,
    freshness: { sources, freshWithin, everyMs, concurrency, perSource, perTable },
    askWork: (destination) => readWorkStatus(destination, identity),
  })
  return monitorPaths({
    ...{ probe, tally },
    pulse: () => ({ ...NO_RUNS, isRunning: loop.pulse().reads.length > 0 }),
    health: (problem) => workerHealthOf({ pulse: loop.pulse(), problem, now: Date.now(), leaseMs: LEASE_MS }),
  })
}

/** A worker has one run, which lasts as long as it does. */
const NO_RUNS = {
  busy: [],
  lastEndedAt: undefined,
  lastSuccessAt: undefined,
  lastExitCode: undefined,
  dueAt: undefined,
}

/** What goes wrong in the queue's maintenance concerns no window. */
function maintenanceLog(log: EventLog): (message: string) => void {
  return (message) => log.warn(`the queue: ${message}`, { event: 'worker-failed' })
}

function openWorkersDestination({ target, identity, log }: Session, runner: Runner): Promise<Destination> {
  return openDestination({ url: target.url, runner, log, project: identity, leaseMs: LEASE_MS })
}

/** The sources to share: those that are named, else all. @throws SyncError `fix-config` for one that is not configured. */
function namedSources(
  { project, command }: Session,
  { sources }: ConfiguredSources,
  names: readonly string[],
): readonly string[] {
  const known = sources.map(({ name }) => name)
  for (const name of names)
    if (!known.includes(name))
      throw new SyncError(
        `there is no source "${name}" in ${project.folder}; workers share whole sources; ${suggestion(name, known, 'sources')}`,
        'fix-config',
        { code: 'usage' },
      )
  if (known.length === 0)
    throw new SyncError(
      `no source is installed and configured in ${project.folder}, so a worker would have nothing to do; see: ${command('plan')}`,
      'fix-config',
      { code: 'usage' },
    )
  return names.length > 0 ? [...new Set(names)] : known
}

export const addWork: AddVerb = (root, run) => {
  root
    .command('work')
    .argument('[sources...]', 'sources (default: all)')
    .description('share the windows of tables with other processes, on any number of machines; needs Postgres')
    .option('--concurrency <count>', 'read this many windows at once in this process (default: 4)', countOption)
    .option('--every <length>', 'plan each source this long after its previous plan (default: 5m)')
    .option('--listen <[host:]port>', 'serve /healthz and /metrics (default host: 127.0.0.1)')
    .addHelpText(
      'after',
      examples('tidemark work', 'tidemark work github --concurrency 8', 'tidemark work --every 1m --listen 9464'),
    )
    .action((names: string[], flags: WorkFlags, command: Command) => run(command, (call) => work(call, names, flags)))
}
