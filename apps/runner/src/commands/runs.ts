import { SyncError } from '@tidemark/core'
import { formatInstant, positionText, type ReadOnlyDestination, type State } from '@tidemark/core/engine'
import {
  isAlive,
  listFoldedRuns,
  listRuns,
  listSteps,
  listTableRuns,
  type RunRecord,
  type StepRecord,
  type TableRunRecord,
} from '@tidemark/destination'
import type { Command } from 'commander'
import { jsonText } from '../json-text.ts'
import { LOG_NAMES } from '../log.ts'
import { redactDeep } from '../redact-deep.ts'
import { type Call, needDatabase, openSession, type Session, withReader } from '../session.ts'
import { endedByWord } from '../show/run-end.ts'
import { recordOf, runLogText } from '../show/run-log.ts'
import { runsText, runText, type StepLine } from '../show/runs.ts'
import { type AddVerb, countOption, examples } from '../verb.ts'

/** Lists the last runs, or shows one of them. */
export async function runs(call: Call, which: string | undefined, limit: number): Promise<number> {
  const session = await openSession(call)
  needDatabase(session)
  const asksForLog = call.flags.log !== undefined
  if (call.flags.log === true && which === undefined)
    throw new SyncError('--log prints the log of one run; name it: tidemark runs <run> --log', 'fix-config', {
      code: 'usage',
    })
  return withReader(session, (destination) => {
    if (which === undefined) return list(session, destination, limit)
    return asksForLog ? printLog(session, destination, which) : tell(session, destination, which)
  })
}

/** What a run logged: for people, as the lines that they were (`--log json`), or in one document (`--json`). */
async function printLog(
  { terminal, secrets, flags }: Session,
  destination: ReadOnlyDestination,
  which: string,
): Promise<number> {
  const { run } = await knownRun(destination, which)
  const { first, lines } = await destination.runLog(run)
  // A secret that became known after a line was stored is masked here.
  const records = lines.map((line) => redactDeep(recordOf(line), secrets.redact, LOG_NAMES))
  terminal.printJson({ run, first_line: first ?? null, log: records.map((record) => new Map(Object.entries(record))) })
  if (flags.json === true) return 0
  if (flags.log === 'json') terminal.printRaw(records.map((record) => `${jsonText(record, 0)}\n`))
  else terminal.print(runLogText(run, first, records))
  return 0
}

async function list(
  { terminal, command, secrets }: Session,
  destination: ReadOnlyDestination,
  limit: number,
): Promise<number> {
  const found = redactDeep(await listRuns(destination, { limit, isAlive }), secrets.redact)
  terminal.printJson({ runs: found.map(runLine) })
  if (found.length === 0) {
    terminal.print(`There are no runs yet. To start one: ${command('sync')}`)
    return 0
  }
  terminal.print(runsText(found, await destination.now(), terminal.columns))
  terminal.print(`To show one of them, table by table: ${command('runs', [String(found[0]!.run)])}`)
  return 0
}

async function tell({ terminal, secrets }: Session, destination: ReadOnlyDestination, which: string): Promise<number> {
  const run = await knownRun(destination, which)
  const state = await destination.state()
  const all = await listSteps(destination, { run: run.run, failed: true, limit: 1000 })
  const now = run.state === 'running' ? await listSteps(destination, { running: true, limit: 1000, isAlive }) : []
  const detail = redactDeep(
    {
      run,
      tables: await tablesOf(destination, run.run),
      failures: all.map((step) => stepLine(step, state)).reverse(),
      running: now.filter((step) => step.run === run.run).map((step) => stepLine(step, state)),
    },
    secrets.redact,
  )
  terminal.printJson({
    ...runLine(detail.run),
    by_table: detail.tables.map(tableLine),
    failures: detail.failures.map(printed),
    running: detail.running.map(printed),
  })
  terminal.print(runText(detail, await destination.now(), terminal.columns))
  return 0
}

async function knownRun(destination: ReadOnlyDestination, which: string): Promise<RunRecord> {
  const id = /^\d{1,15}$/.test(which) ? Number(which) : undefined
  const [run] = id === undefined ? [] : await listRuns(destination, { runs: [id], isAlive })
  if (run === undefined) throw await unknownRun(destination, which)
  return run
}

async function tablesOf(destination: ReadOnlyDestination, run: number): Promise<readonly TableRunRecord[]> {
  // The newest runs up to this one; older ones are skipped.
  const [newest] = await listRuns(destination, { limit: 1 })
  const found = await listTableRuns(destination, { runs: Math.max(1, (newest?.run ?? run) - run + 1) })
  return found.filter((one) => one.run === run)
}

async function unknownRun(destination: ReadOnlyDestination, which: string): Promise<SyncError> {
  const number = Number(which)
  const folded = (await listFoldedRuns(destination)).find(
    ({ firstRun, lastRun }) => number >= firstRun && number <= lastRun,
  )
  if (folded !== undefined)
    return new SyncError(
      `run ${which} changed nothing and no longer has a record of its own: ${folded.runs} such runs of ${formatInstant(folded.startedAt, 'Z', 0).slice(0, 10)}, from run ${folded.firstRun} to run ${folded.lastRun}, are stored as one record; "tidemark runs" lists the others`,
      'fix-config',
      { code: 'unknown-run' },
    )
  const [last] = await listRuns(destination, { limit: 1 })
  const known = last === undefined ? 'there are no runs yet' : `the last one is ${last.run}`
  return new SyncError(
    `there is no run ${JSON.stringify(which)}; ${known}, and "tidemark runs" lists them`,
    'fix-config',
    { code: 'unknown-run' },
  )
}

function stepLine(
  { step, table, partition, kind, window, attempt, beganAt, rows, error }: StepRecord,
  state: State,
): StepLine {
  const text = (position: bigint | undefined): string | null =>
    position === undefined ? null : (positionText(state.tables.get(table), position) ?? null)
  return { step, table, partition, kind, from: text(window?.from), to: text(window?.to), attempt, beganAt, rows, error }
}

const instant = (at: bigint | undefined): string | null => (at === undefined ? null : formatInstant(at, 'Z', 3))

// Scripts rely on these names.
function runLine({
  run,
  host,
  pid,
  startedAt,
  endedAt,
  state,
  endedBy,
  exitCode,
  error,
  tables,
  steps,
  failedSteps,
  foldedSteps,
  rows,
}: RunRecord) {
  return {
    run,
    state,
    started_at: instant(startedAt),
    ended_at: instant(endedAt),
    ended_by: endedByWord(endedBy) ?? null,
    exit_code: exitCode ?? null,
    error: error ?? null,
    host,
    pid,
    tables,
    steps,
    failed_steps: failedSteps,
    folded_steps: foldedSteps,
    rows,
  }
}

function tableLine({ table, startedAt, steps, failedSteps, rows, durationMs, writingMs }: TableRunRecord) {
  return {
    table,
    started_at: instant(startedAt),
    steps,
    failed_steps: failedSteps,
    rows,
    duration_ms: durationMs,
    reading_ms: Math.max(0, durationMs - writingMs),
    writing_ms: writingMs,
  }
}

function printed({ beganAt, error, ...step }: StepLine) {
  return { ...step, began_at: instant(beganAt), error: error ?? null }
}

export const addRuns: AddVerb = (root, run) => {
  root
    .command('runs')
    .argument(
      '[run]',
      'the number of a run, to show what it did to each table and what failed, or with --log what it logged',
    )
    .description('list the latest runs')
    .option('--limit <count>', 'maximum number of runs', countOption, 20)
    .addHelpText('after', examples('tidemark runs', 'tidemark runs 12', 'tidemark runs 12 --log'))
    .action((which: string | undefined, flags: { limit: number }, command: Command) =>
      run(command, (call) => runs(call, which, flags.limit)),
    )
}
