import type { ReadOnlyDestination } from '@tidemark/core/engine'
import { averageStepTimes, countRows } from '@tidemark/destination'
import { EXIT, plan as preview, type TaskPlan } from '@tidemark/engine'
import type { Command } from 'commander'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findSources, openSession, runOptions, type Session, withReader } from '../session.ts'
import { wordsFor } from '../show/command.ts'
import { type AtRisk, planText, type TablePlanView } from '../show/plan.ts'
import { estimateOf, estimateText, type Limits } from '../show/plan-estimate.ts'
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
    for (const table of found.tables) {
      const has = table.deletes !== undefined && state.tables.get(table.name)?.present === 'rows'
      tables.push({
        ...table,
        atRisk: has ? { ...(await rowsOf(destination, table.name)), deletionLimit: table.deletionLimit } : undefined,
      })
    }
    const estimate = session.target.exists
      ? estimateOf(found.tables, await averageStepTimes(destination), limitsOf(session))
      : undefined
    return { ...found, tables, tasks: found.tasks.map((task) => taskOf(task, session)), estimate: estimate ?? null }
  })
  const shown = redactDeep({ ...planned, unconfigured: sources.unconfigured }, secrets.redact)
  terminal.printJson(shown)
  for (const line of sourceLines(shown.sources, session.command)) terminal.sayShown(line)
  terminal.print(planText(shown, session.command))
  if (shown.estimate !== null) terminal.print(estimateText(shown.estimate))
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

const CONCURRENCY = 4
const PER_SOURCE = 2

const limitsOf = ({ config }: Session): Limits => ({
  concurrency: config.data.concurrency ?? CONCURRENCY,
  perSource: config.data.perSource ?? PER_SOURCE,
})

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
