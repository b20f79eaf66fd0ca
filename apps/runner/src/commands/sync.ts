import { SyncError, suggestion } from '@tidemark/core'
import { parseDuration, shellCommands } from '@tidemark/core/engine'
import { EXIT, type RangeOptions, type Report, sync as run } from '@tidemark/engine'
import type { Command } from 'commander'
import { agreeOnTarget } from '../agree-on-target.ts'
import type { ConfiguredSources } from '../configured-sources.ts'
import { beforeRun, notifyAfterRun } from '../notify/notify-after-run.ts'
import { redactDeep } from '../redact-deep.ts'
import { loggedRun } from '../run-log/logged-run.ts'
import { isContinuous, type ServeFlags, serve } from '../service/serve.ts'
import { type Call, findSources, openSession, runOptions, type Session, withDestination } from '../session.ts'
import { settingsFrom } from '../settings.ts'
import {
  failureLines,
  heldLines,
  lookCommand,
  rejectsLine,
  reportSummary,
  reportTable,
  unreadLines,
} from '../show/report.ts'
import { reportDocument } from '../show/report-document.ts'
import { type AddVerb, examples } from '../verb.ts'
import { withProgress } from '../with-progress.ts'

export interface SyncFlags extends ServeFlags {
  /** No new backfill step starts after this: `10m`. */
  readonly maxTime?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly partition?: string | undefined
}

/** Syncs all tables, or those that are named. */
export async function sync(call: Call, names: readonly string[], flags: SyncFlags): Promise<number> {
  const { maxTime, acceptDeletions, takeOver } = flags
  const maxTimeMs = maxTime === undefined ? undefined : parseDuration(maxTime)
  if (maxTime !== undefined && maxTimeMs === undefined) {
    throw usage(`--max-time: "${maxTime}" is not a duration; write 30s, 10m or 1h`)
  }
  const range = rangeOf(names, flags)
  if (isContinuous(flags)) return serve(call, names, flags, maxTimeMs)
  const opened = await openSession(call)
  const sources = await findSources(opened)
  const session = takeOver === true ? takingOver(opened, sources) : opened
  // Without a source there is still work if tables are tracked: they are marked as removed.
  if (isIdle(sources) && !session.target.exists) {
    if (names.length > 0) throw new SyncError(idleText(session, sources.unconfigured.length), 'fix-config')
    return sayIdle(session, sources)
  }
  await agreeOnTarget(session)
  const report = await withProgress(session, (more) =>
    withDestination(session, async (destination) => {
      await beforeRun(session, destination)
      const options = { ...runOptions(session, sources, destination, await destination.state()), ...more }
      const settings = settingsFrom(session.config.data, maxTimeMs)
      return loggedRun(session, options, (logged) =>
        run({ ...logged, select: names, range, acceptDeletions, settings }),
      )
    }),
  )
  const exitCode = printReport(session, report, sources)
  if (isIdle(sources)) tell(session, idleText(session, sources.unconfigured.length))
  await notifyAfterRun(session)
  return exitCode
}

/** What the run is restricted to; undefined: nothing. @throws SyncError `fix-config`. */
function rangeOf(names: readonly string[], { from, to, partition, every, cron }: SyncFlags): RangeOptions | undefined {
  if (from === undefined && to === undefined && partition === undefined) return undefined
  const flag = from !== undefined ? '--from' : to !== undefined ? '--to' : '--partition'
  if (every !== undefined || cron !== undefined)
    throw usage(`${flag} applies to one run; omit it, or omit ${every === undefined ? '--cron' : '--every'}`)
  if (names.length !== 1) throw usage(`${flag} applies to one table; name that table: tidemark sync <table> ${flag} …`)
  return { from, to, partition }
}

const usage = (message: string): SyncError => new SyncError(message, 'fix-config', { code: 'usage' })

/** For this run, every table of a source that this project has counts as the project's own. */
function takingOver(session: Session, configured: ConfiguredSources): Session {
  const { identity } = session
  const sources = new Set(configured.sources.map(({ name }) => name))
  const isOurs: typeof identity.isOurs = (recorded, source) => sources.has(source) || identity.isOurs(recorded, source)
  return { ...session, identity: { ...identity, isOurs } }
}

const isIdle = ({ sources, unavailable }: ConfiguredSources): boolean =>
  sources.length === 0 && unavailable.length === 0

function sayIdle(session: Session, { unconfigured }: ConfiguredSources): number {
  session.terminal.printJson({ run: null, exitCode: EXIT.ok, sources: [], tables: [], unconfigured })
  tell(session, idleText(session, unconfigured.length))
  return EXIT.ok
}

const tell = ({ terminal }: Session, text: string): void =>
  terminal.isForPrograms ? terminal.say(text) : terminal.print(text)

function idleText({ project, command }: Session, unconfigured: number): string {
  const [what, way] =
    unconfigured > 0
      ? ['configured', 'Add the missing settings to tidemark.config.ts']
      : ['installed', 'Add one: pnpm add @tidemark/source-git']
  return `No source is ${what} in ${project.folder}. ${way}, then: ${command('sync')}`
}

/** Prints what a run did. @returns its exit code. */
export function printReport(
  session: Session,
  given: Report,
  { unconfigured }: Pick<ConfiguredSources, 'unconfigured'>,
): number {
  const { terminal, secrets, command, flags } = session
  const exitCode = session.interrupts.exitCode() ?? given.exitCode
  const report = redactDeep(given, secrets.redact)
  terminal.printJson(redactDeep({ ...reportDocument(report, command), exitCode, unconfigured }, secrets.redact))
  // The events of the run have logged it.
  if (terminal.isForPrograms) return exitCode
  const failures = [...failureLines(report, command), ...heldLines(report)]
  if (flags.json === true) for (const line of failures) terminal.sayShown(line)
  const table = reportTable(report, terminal.columns)
  if (table !== '') terminal.print(`${table}\n`)
  for (const line of failures) terminal.print(line)
  if (flags.verbose === true) for (const stack of stacksOf(report)) terminal.say(stack)
  terminal.print(reportSummary(report))
  for (const line of unreadLines(report)) terminal.print(line)
  const rejects = rejectsLine(report, command)
  if (rejects !== undefined) terminal.print(rejects)
  const look = lookCommand(report, command)
  if (look !== undefined) terminal.print(`To query the rows: ${look}`)
  return exitCode
}

function stacksOf({ sources, tables, failure }: Report): readonly string[] {
  const failures = [
    ...sources.map((source) => source.failure),
    ...tables.flatMap((table) => table.failures.map((one) => one.failure)),
    failure,
  ]
  return failures.flatMap((one) => (one?.stack === undefined ? [] : [one.stack]))
}

export const addSync: AddVerb = (root, run) => {
  root
    .command('sync', { isDefault: true })
    .argument('[names...]', 'tables or sources (default: all)')
    .description('sync new and changed rows (the default verb)')
    .option('--from <value>', 'sync one table, from this value of its cursor')
    .option('--to <value>', 'sync one table, up to this value (exclusive)')
    .option('--partition <id>', 'sync one table, only this partition')
    .option('--max-time <length>', 'start no more backfill steps after this long, e.g. 10m')
    .option('--accept-deletions', 'let this run delete or replace more rows than the deletion limit allows')
    .option('--take-over', 'take over the tables of another project whose sources this project has, too')
    .option('--every <length>', 'keep running; sync each table this long after its previous sync, e.g. 5m')
    .option('--cron <expression>', "keep running; sync on this cron schedule, e.g. '*/10 * * * *'")
    .option('--listen <[host:]port>', 'with --every or --cron, serve /healthz and /metrics (default host: 127.0.0.1)')
    .addHelpText(
      'after',
      examples(
        'tidemark sync',
        'tidemark sync github crm_customers --max-time 10m',
        'tidemark sync --every 5m --listen 9464',
        'tidemark sync git_commits --from 2024-01-01 --to 2024-02-01',
      ),
    )
    .action((names: string[], flags: SyncFlags, command: Command) => {
      if (command.parent?.args[0] !== 'sync' && names[0] !== undefined) throw unknownVerb(names[0], root)
      return run(command, (call) => sync(call, names, flags))
    })
}

function unknownVerb(word: string, root: Command): SyncError {
  const verbs = root.commands.map((command) => command.name())
  return new SyncError(
    `unknown verb "${word}" (to sync one table: ${shellCommands('tidemark')('sync', [word])}); ${suggestion(word, verbs, 'verbs')}`,
    'fix-config',
    { code: 'usage' },
  )
}
