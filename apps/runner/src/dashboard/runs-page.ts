import { SyncError } from '@tidemark/core'
import { isAlive, listRuns, listSteps, listTableRuns, type Reader } from '@tidemark/destination'
import type { RunAnswer, RunsAnswer } from './answers.ts'
import { paged } from './paged.ts'
import { millis, runLine, tableRunLine } from './run-line.ts'
import { RUNS_SHOWN, type Snapshot } from './snapshot.ts'
import { foldAttempts, stepLine } from './step-line.ts'

export interface RunsPageOptions {
  readonly reader: Reader
  readonly snapshot: Snapshot
}

const PAGE = 50
const FAILURES = 50
/** Each attempt is a record of its own. */
const ATTEMPTS = 500

/** Runs below a number, newest first; the snapshot holds the newest ones. */
export async function runsPage(before: number | undefined, { reader, snapshot }: RunsPageOptions): Promise<RunsAnswer> {
  const { runs, history, now } = snapshot
  const newest = runs[0]?.run ?? 0
  if (before === undefined || before > newest) {
    const lines = runs.map((run) => runLine(run, history.get(run.run)?.values() ?? []))
    return { now: millis(now), runs: lines, before: nextOf(lines.at(-1)?.run, runs.length) }
  }
  const lines = []
  for (const run of await listRuns(reader, { before, limit: RUNS_SHOWN, isAlive }))
    lines.push(runLine(run, await listTableRuns(reader, { runs: { run: run.run } })))
  return { now: millis(now), runs: lines, before: nextOf(lines.at(-1)?.run, lines.length) }
}

function nextOf(last: number | undefined, count: number): number | null {
  return last === undefined || last <= 1 || count < RUNS_SHOWN ? null : last
}

/** One run: its tables, slowest first, and what failed. */
export async function runPage(run: number, wanted: number, { reader, snapshot }: RunsPageOptions): Promise<RunAnswer> {
  const [found] = await listRuns(reader, { runs: [run], isAlive })
  if (found === undefined) throw new SyncError(`there is no run ${run}`, 'fix-config', { code: 'not-found' })
  const tables = [...(await listTableRuns(reader, { runs: { run } }))]
  tables.sort((a, b) => b.durationMs - a.durationMs)
  const failed = await listSteps(reader, { run, failed: true, limit: ATTEMPTS })
  const { items, page, pages } = paged(tables, wanted, PAGE)
  return {
    now: millis(snapshot.now),
    run: runLine(found, tables),
    tables: items.map(tableRunLine),
    page,
    pages,
    failures: foldAttempts(failed.map((step) => stepLine(step, snapshot.state))).slice(0, FAILURES),
    underWay: snapshot.underWay.filter((step) => step.run === run).map((step) => stepLine(step, snapshot.state)),
  }
}
