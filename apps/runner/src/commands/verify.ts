import { SyncError } from '@tidemark/core'
import type { Destination, ReadOnlyDestination } from '@tidemark/core/engine'
import { verify as run, type VerifyReport } from '@tidemark/engine'
import { type Command, InvalidArgumentError } from 'commander'
import { isLive } from '../is-live.ts'
import { redactDeep } from '../redact-deep.ts'
import { loggedRun } from '../run-log/logged-run.ts'
import {
  type Call,
  findSources,
  needDatabase,
  openSession,
  runOptions,
  withDestination,
  withReader,
} from '../session.ts'
import { verifyText } from '../show/verify.ts'
import { followVerify } from '../show/verify-progress.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface VerifyFlags {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly partition?: string | undefined
  /** A share, more than 0 and at most 1. */
  readonly sample?: number | undefined
  readonly seed?: number | undefined
  readonly repair?: boolean | undefined
}

/** Compares a table with its source, row by row. @returns 0 if they match, or match after a repair. */
export async function verify(call: Call, table: string, flags: VerifyFlags): Promise<number> {
  const { sample: share, seed = Math.floor(Math.random() * 1_000_000), ...wanted } = flags
  if (share === undefined && flags.seed !== undefined)
    throw new SyncError('--seed chooses the windows of a sample; add --sample 5%', 'fix-config')
  const session = await openSession(call)
  needDatabase(session)
  const sources = await findSources(session)
  const { terminal, secrets, command, environment } = session
  const { onProgress, stop } = followVerify({
    ...{ table, redact: secrets.redact, say: terminal.say },
    isDrawn: isLive(process.stderr, environment) && !terminal.isForPrograms,
  })
  const options = {
    table,
    ...wanted,
    sample: share === undefined ? undefined : { share, seed },
    onProgress,
  }
  const compare = async (destination: ReadOnlyDestination): Promise<VerifyReport> =>
    run(runOptions(session, sources, destination, await destination.state()), options)
  const repair = async (destination: Destination): Promise<VerifyReport> => {
    const looked = runOptions(session, sources, destination, await destination.state())
    return loggedRun(session, looked, (logged) => run(logged, options))
  }
  const report = await call.interrupts
    .during(() => (flags.repair === true ? withDestination(session, repair) : withReader(session, compare)))
    .finally(stop)
  const exitCode = session.interrupts.exitCode() ?? report.exitCode
  const shown = redactDeep({ ...report, exitCode }, secrets.redact)
  terminal.printJson(shown)
  const isPart = [flags.from, flags.to, flags.partition].some((one) => one !== undefined)
  terminal.print(verifyText(shown, command, isPart))
  return exitCode
}

function shareOption(text: string): number {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)
  const share = percent === null ? Number.NaN : Number(percent[1]) / 100
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('It must be a share such as 5%, at most 100%.')
  return share
}

function seedOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be the seed that an earlier sample printed.')
  return Number(text)
}

export const addVerify: AddVerb = (root, run) => {
  root
    .command('verify')
    .argument('<table>', 'a tracked table')
    .description('compare a table with its source, row by row')
    .option('--from <value>', 'start at this value of its cursor')
    .option('--to <value>', 'stop before this value (exclusive)')
    .option('--partition <id>', 'compare only this partition')
    .option('--sample <share>', 'compare a random share of its windows, e.g. 5%', shareOption)
    .option('--seed <number>', 'choose the same windows as an earlier sample', seedOption)
    .option('--repair', 'sync again what differs')
    .addHelpText(
      'after',
      examples(
        'tidemark verify git_commits',
        'tidemark verify git_commits --from 2024-01-01 --to 2024-02-01 --repair',
        'tidemark verify crm_orders --sample 5%',
      ),
    )
    .action((table: string, flags: VerifyFlags, command: Command) => run(command, (call) => verify(call, table, flags)))
}
