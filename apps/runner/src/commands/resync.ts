import { SyncError } from '@tidemark/core'
import { resync as run } from '@tidemark/engine'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { loggedRun } from '../run-log/logged-run.ts'
import { type Call, findSources, needDatabase, openSession, runOptions, withDestination } from '../session.ts'
import { type AddVerb, examples } from '../verb.ts'
import { withProgress } from '../with-progress.ts'
import { printReport } from './sync.ts'

export interface ResyncFlags {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly full?: boolean | undefined
  readonly yes?: boolean | undefined
}

/** Resyncs a table: a range of it, all that was read, or from an empty table. */
export async function resync(call: Call, table: string, { from, to, full, yes }: ResyncFlags): Promise<number> {
  if (full === true && (from !== undefined || to !== undefined)) {
    throw new SyncError(
      '--full resyncs the whole table, so it excludes --from and --to; pass one or the other',
      'fix-config',
      { code: 'usage' },
    )
  }
  const session = await openSession(call)
  needDatabase(session)
  const sources = await findSources(session)
  if (full === true && yes !== true)
    await confirm(`--full deletes all rows of ${table} and syncs it again from its start`)
  const report = await withProgress(session, (more) =>
    withDestination(session, async (destination) => {
      const options = { ...runOptions(session, sources, destination, await destination.state()), ...more }
      return loggedRun(session, options, (logged) => run(logged, { table, from, to, full }))
    }),
  )
  return printReport(session, report, sources)
}

export const addResync: AddVerb = (root, run) => {
  root
    .command('resync')
    .argument('<table>', 'a tracked table')
    .description('sync a table, or a range of it, again')
    .option('--from <value>', 'start at this value of its cursor')
    .option('--to <value>', 'stop before this value (exclusive)')
    .option('--full', 'delete all of its rows first and start from the beginning')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText(
      'after',
      examples('tidemark resync git_commits --from 2024-01-01 --to 2024-02-01', 'tidemark resync git_commits --full'),
    )
    .action((table: string, flags, command: Command) => run(command, (call) => resync(call, table, flags)))
}
