import { SyncError } from '@tidemark/core'
import { resync as run } from '@tidemark/engine'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
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

/** Reads a table again: a part of it, all that was read, or from nothing. */
export async function resync(call: Call, table: string, { from, to, full, yes }: ResyncFlags): Promise<number> {
  if (full === true && (from !== undefined || to !== undefined)) {
    throw new SyncError(
      '--full forgets the whole table, so --from and --to have no meaning beside it; leave out one or the other',
      'fix-config',
      { code: 'usage' },
    )
  }
  const session = await openSession(call)
  needDatabase(session)
  const sources = await findSources(session)
  if (full === true && yes !== true) await confirm(`--full removes all rows of ${table} and reads it from its start`)
  const report = await withProgress(session, (more) =>
    withDestination(session, async (destination) => {
      const options = { ...runOptions(session, sources, destination, await destination.state()), ...more }
      return run(options, { table, from, to, full })
    }),
  )
  return printReport(session, report, sources)
}

export const addResync: AddVerb = (root, run) => {
  root
    .command('resync')
    .argument('<table>', 'a tracked table')
    .description('read a table again')
    .option('--from <value>', 'from this value of its cursor')
    .option('--to <value>', 'up to this value, without it')
    .option('--full', 'forget all of its rows first, and start again')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples('tidemark resync git_commits --from 2024-01-01 --to 2024-02-01', 'tidemark resync git_commits --full'),
    )
    .action((table: string, flags, command: Command) => run(command, (call) => resync(call, table, flags)))
}
