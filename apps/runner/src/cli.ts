import { readFileSync } from 'node:fs'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { EXIT } from '@tidemark/engine'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { check } from './commands/check.ts'
import { kyselyTypes } from './commands/kysely-types.ts'
import { plan } from './commands/plan.ts'
import { query } from './commands/query.ts'
import { rejects } from './commands/rejects.ts'
import { resync } from './commands/resync.ts'
import { show } from './commands/show.ts'
import { status } from './commands/status.ts'
import { sync } from './commands/sync.ts'
import { tables } from './commands/tables.ts'
import { exitCodeFor } from './exit-code.ts'
import { listenForInterrupts } from './interrupts.ts'
import { createLog } from './log.ts'
import { quietWarnings } from './node-warnings.ts'
import { createSecrets } from './secrets.ts'
import type { Call, Flags } from './session.ts'
import { suggestion } from './suggestion.ts'
import { exitWhenWritten, ignoreBrokenPipes, noticeForeignExit, openTerminal } from './terminal.ts'

quietWarnings()
ignoreBrokenPipes()
noticeForeignExit()
const secrets = createSecrets()
const json = process.argv.includes('--json')
const terminal = openTerminal({ json, redact: secrets.redact })
const interrupts = listenForInterrupts(terminal.say)
const cwd = process.cwd()

type Verb = (call: Call) => Promise<number>

/** Runs a verb of the command line with the flags that stand before and after it. */
async function run(command: Command, verb: Verb): Promise<void> {
  const flags = command.optsWithGlobals<Flags>()
  const log = createLog({ say: terminal.say, verbose: flags.verbose === true })
  const exitCode = await verb({ flags, cwd, environment: process.env, terminal, log, secrets, interrupts })
  await exitWhenWritten(interrupts.exitCode() ?? (exitCode === EXIT.ok && strayErrors > 0 ? EXIT.someFailed : exitCode))
}

let strayErrors = 0

/** A promise of a source's that nobody waits for must not take the other sources along. */
function noticeStray(error: unknown): void {
  strayErrors++
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  terminal.say(`An error that nobody waited for, most likely in a source; the run goes on:\n${stack}`)
}

function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const root = new Command('tidemark')
    .description('Keeps tables in your own database level with the systems they come from.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--project <folder>', 'the project whose installed sources are used (default: the nearest package.json)')
    .option('--config <file>', 'the config (default: tidemark.config.ts, .mts, .js, .mjs or .json in the project)')
    .option('--destination <database>', 'the database (default: what the config says, else data/tidemark.db)')
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'say more, with the stacks of errors')
  root
    .command('sync', { isDefault: true })
    .argument('[names...]', 'tables or sources; all where none is named')
    .description('read what is missing (this is what happens without a verb)')
    .option('--max-time <length>', 'begin no more history after this, such as 10m')
    .option('--accept-deletions', 'let this run mark or replace more rows than the rail allows')
    .action((names: string[], flags, command: Command) => {
      if (command.parent?.args[0] !== 'sync' && names[0] !== undefined) throw unknownVerb(names[0], root)
      return run(command, (call) => sync(call, names, flags))
    })
  root
    .command('plan')
    .argument('[names...]', 'tables or sources; all where none is named')
    .description('say what a sync would do; writes nothing')
    .action((names: string[], _, command: Command) => run(command, (call) => plan(call, names)))
  root
    .command('status')
    .description('say how far every table is')
    .action((_, command: Command) => run(command, status))
  root
    .command('tables')
    .argument('[sources...]', 'with --md: these alone')
    .description('list the tracked tables and their columns')
    .option('--md', 'config and tables of the installed sources, as Markdown for their READMEs')
    .action((names: string[], flags, command: Command) => run(command, (call) => tables(call, names, flags)))
  root
    .command('types')
    .description('print the tables as types for Kysely: tidemark types > database.d.ts')
    .action((_, command: Command) => run(command, kyselyTypes))
  root
    .command('show')
    .argument('<table>', 'a table of a source')
    .description('show rows straight from the source; writes nothing')
    .option('--limit <count>', 'how many rows', countOption, 20)
    .action((table: string, flags: { limit: number }, command: Command) =>
      run(command, (call) => show(call, table, flags.limit)),
    )
  root
    .command('check')
    .description('try config, database and sources; reads no row and writes nothing')
    .action((_, command: Command) => run(command, check))
  root
    .command('query')
    .argument('<select>', 'one statement, in quotes')
    .description('ask the database, read-only')
    .option('--csv', 'print CSV')
    .action((statement: string, flags, command: Command) => run(command, (call) => query(call, statement, flags)))
  root
    .command('resync')
    .argument('<table>', 'a tracked table')
    .description('read a table again')
    .option('--from <value>', 'from this value of its cursor')
    .option('--to <value>', 'up to this value, without it')
    .option('--full', 'forget all of its rows first, and start anew')
    .option('--yes', 'do not ask')
    .action((table: string, flags, command: Command) => run(command, (call) => resync(call, table, flags)))
  rejectVerbs(root)
  for (const one of [root, ...root.commands, ...root.commands.flatMap((command) => command.commands)]) {
    one.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) })
  }
  return root
}

/** `rejects` and what can be done with them. */
function rejectVerbs(root: Command): void {
  const own = root.command('rejects').description('rows that were set aside because they do not fit')
  own
    .command('list', { isDefault: true })
    .argument('[tables...]', 'tables; all where none is named')
    .description('list them, the newest first')
    .option('--limit <count>', 'how many rows', countOption, 100)
    .action((tables: string[], flags: { limit: number }, command: Command) =>
      run(command, (call) => rejects.list(call, tables, flags.limit)),
    )
  own
    .command('show')
    .argument('<id>', 'its number in the list')
    .description('show one, with the row as it came')
    .action((id: string, _, command: Command) => run(command, (call) => rejects.show(call, id)))
  own
    .command('retry')
    .argument('[tables or ids...]', 'tables, or numbers in the list; all where none is named')
    .description('read the places again where they lie')
    .action((which: string[], _, command: Command) => run(command, (call) => rejects.retry(call, which)))
  own
    .command('drop')
    .argument('<tables or ids...>', 'tables, or numbers in the list')
    .description('forget them')
    .option('--yes', 'do not ask')
    .action((which: string[], flags: { yes?: boolean }, command: Command) =>
      run(command, (call) => rejects.drop(call, which, flags.yes === true)),
    )
}

function unknownVerb(word: string, root: Command): SyncError {
  const verbs = root.commands.map((command) => command.name())
  return new SyncError(
    `there is no verb "${word}" (to sync one table: tidemark sync ${word}); ${suggestion(word, verbs, 'verbs')}`,
    'fix-config',
  )
}

function countOption(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 999999.')
  return Number(text)
}

async function fail(error: unknown): Promise<never> {
  if (error instanceof CommanderError && error.exitCode === 0) return exitWhenWritten(0)
  const usage = error instanceof CommanderError
  const exitCode = usage ? EXIT.config : exitCodeFor(error)
  const message = usage ? error.message.replace(/^error: /, '').replaceAll('\n', ' ') : messageOf(error)
  const stack = error instanceof Error ? (error.stack ?? message) : message
  if (exitCode === EXIT.bug)
    terminal.say(
      `This is a bug in Tidemark, please report it (where the stack leads into a source, to its author):\n${stack}`,
    )
  else terminal.say(`error: ${message}`)
  if (usage) terminal.say('tidemark --help lists verbs and flags.')
  if (exitCode !== EXIT.bug && process.argv.includes('--verbose')) terminal.say(stack)
  const told = SyncError.is(error) ? error : { remedy: usage ? 'fix-config' : 'fix-source', code: undefined }
  terminal.printJson({
    error: { message: secrets.redact(message), remedy: told.remedy, code: told.code ?? null },
    exitCode,
  })
  return exitWhenWritten(interrupts.exitCode() ?? exitCode)
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', noticeStray)
// Nothing is left that could go on, and the verb has not ended: a source waits for what can never come.
process.once('beforeExit', () =>
  fail(
    new SyncError(
      'a source waits for something that can no longer happen; --verbose says how far it came',
      'fix-source',
    ),
  ),
)
program().parseAsync().catch(fail)
