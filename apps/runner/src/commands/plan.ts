import type { ReadOnlyDestination } from '@tidemark/core/engine'
import { averageStepRates, countRows } from '@tidemark/destination'
import {
  EXIT,
  estimate,
  estimateLeft,
  plan as preview,
  type TablePlan,
  type TaskPlan,
  type Work,
} from '@tidemark/engine'
import type { Command } from 'commander'
import { concurrencyOf } from '../left-reader.ts'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findSources, openSession, runOptions, type Session, withReader } from '../session.ts'
import { wordsFor } from '../show/command.ts'
import { type AtRisk, estimateLines, planText, type TablePlanView } from '../show/plan.ts'
import { sourceExit, sourceLines } from '../show/source.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Shows what a sync would do; writes nothing. */
export async function plan(call: Call, names: readonly string[]): Promise<number> {
  const { terminal, secrets } = call
  const session = await openSession(call)
  const sources = await findSources(session)
  const planned = await withReader(session, async (destination) => {
    const state = await destination.state()
    const found = await preview({ ...runOptions(session, sources, destination, state), select: names })
    const tables: TablePlanView[] = []
    const rates = session.target.exists ? await averageStepRates(destination) : new Map()
    const options = { rates, concurrency: concurrencyOf(session.config.data) }
    const run = estimate(found.tables.flatMap(workOf), options)
    const named = found.tables.flatMap(({ name }) => state.tables.get(name) ?? [])
    // Of a source that does not answer now it is known what is left, too.
    const left = estimateLeft(
      names.length === 0 ? state : { tables: new Map(named.map((one) => [one.name, one])) },
      options,
    )
    for (const table of found.tables) {
      const has = table.deletes !== undefined && state.tables.get(table.name)?.present === 'rows'
      tables.push({
        ...table,
        estimate: run.tables.get(table.name) ?? null,
        work_left: left.tables.get(table.name) ?? null,
        atRisk: has ? { ...(await rowsOf(destination, table.name)), deletionLimit: table.deletionLimit } : undefined,
      })
    }
    return {
      ...found,
      tables,
      tasks: found.tasks.map((task) => taskOf(task, session)),
      estimate: run.all,
      work_left: left.all,
    }
  })
  const shown = redactDeep({ ...planned, unconfigured: sources.unconfigured }, secrets.redact)
  terminal.printJson(shown)
  for (const line of sourceLines(shown.sources, session.command)) terminal.sayShown(line)
  terminal.print(planText(shown, session.command))
  for (const line of estimateLines(shown)) terminal.print(line)
  const failing = planned.tables.some((table) => table.tracking === 'failed' || table.tracking === 'paused')
  return sourceExit(planned.sources) || (failing ? EXIT.someFailed : EXIT.ok)
}

/** A task with its command: as a shell takes it, and as arguments. */
function taskOf(task: TaskPlan, { command, flags }: Session) {
  const { table, partition, from, to } = task
  const options = [
    ...(from === undefined ? [] : ['--from', from]),
    ...(to === undefined ? [] : ['--to', to]),
    ...(partition === '' ? [] : ['--partition', partition]),
  ]
  return {
    ...task,
    command: command('sync', [table], ...options),
    args: wordsFor(flags)('sync', [table], ...options),
  }
}

/** What a run would read of a table; what its source calls unchanged is not read, and how much a feed tells nobody knows. */
function workOf({ name, source, windows, ranges, pausedFor, feed, untilEmpty }: TablePlan): readonly Work[] {
  if (pausedFor !== undefined || feed !== null) return []
  const steps = ranges.filter(({ kind }) => kind !== 'unchanged')
  // The ranges that are listed are the newest: what is below them is its backfill.
  const unlisted = windows - steps.reduce((sum, range) => sum + range.windows, 0)
  return [{ name, source, steps: [...steps, { kind: 'backfill', windows: unlisted }], isLeast: untilEmpty }]
}

const MAX_ROWS_COUNTED = 1_000_000

function rowsOf(destination: ReadOnlyDestination, table: string): Promise<Omit<AtRisk, 'deletionLimit'>> {
  return countRows(destination, table, { most: MAX_ROWS_COUNTED })
}

export const addPlan: AddVerb = (root, run) => {
  root
    .command('plan')
    .argument('[names...]', 'tables or sources (default: all)')
    .description('show what a sync would do; writes nothing')
    .addHelpText('after', examples('tidemark plan', 'tidemark plan git_commits --json'))
    .action((names: string[], _, command: Command) => run(command, (call) => plan(call, names)))
}
