import { SyncError } from '@tidemark/core'
import { createMasker, messageOf } from '@tidemark/core/engine'
import { blameSource, EXIT, flushTelemetry } from '@tidemark/engine'
import { Command, CommanderError, Option } from 'commander'
import { exitCodeFor } from './exit-code.ts'
import { listenForInterrupts } from './interrupts.ts'
import { isLive } from './is-live.ts'
import { createLog } from './log.ts'
import { quietWarnings } from './node-warnings.ts'
import type { Flags } from './session.ts'
import { errorAddress } from './show/error-address.ts'
import { exitWhenWritten, ignoreBrokenPipes, noticeForeignExit, openTerminal } from './terminal.ts'
import { examples, type Run } from './verb.ts'
import { VERBS } from './verbs.ts'
import { version } from './version.ts'

quietWarnings()
ignoreBrokenPipes()
noticeForeignExit()
const secrets = createMasker()
const json = process.argv.includes('--json')
const terminal = openTerminal({ json, redact: secrets.redact })
const interrupts = listenForInterrupts(terminal.say)
const cwd = process.cwd()

const run: Run = async (command, verb) => {
  const flags = command.optsWithGlobals<Flags>()
  const log = createLog({
    form: flags.log ?? (process.stderr.isTTY ? 'pretty' : 'json'),
    verbose: flags.verbose === true,
    colours: isLive(process.stderr, process.env),
    redact: secrets.redact,
    write: (line) => void process.stderr.write(`${line}\n`),
  })
  const exitCode = await verb({ flags, cwd, environment: process.env, terminal, log, secrets, interrupts })
  await flushTelemetry()
  await exitWhenWritten(interrupts.exitCode() ?? (exitCode === EXIT.ok && strayErrors > 0 ? EXIT.someFailed : exitCode))
}

let strayErrors = 0

/** What a source throws where nobody can catch it is its own failure; only what is nobody's ends the process. */
function noticeUncaught(error: unknown): void {
  const source = blameSource(error)
  if (source === undefined) return void fail(error)
  strayErrors++
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  terminal.say(
    `Source "${source}" threw an error where nobody could catch it; the other sources are read on:\n${stack}`,
  )
}

/** A promise of a source's that nobody waits for must not take the other sources along. */
function noticeStray(error: unknown): void {
  strayErrors++
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  terminal.say(`An error that nobody waited for, most likely in a source; the run goes on:\n${stack}`)
}

function program(): Command {
  const root = new Command('tidemark')
    .description('Keeps tables in your own database level with the systems they come from.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--project <folder>', 'the project whose installed sources are used (default: the nearest package.json)')
    .option('--config <file>', 'the config (default: tidemark.config.ts, .mts, .js, .mjs or .json in the project)')
    .option('--destination <database>', 'the database (default: what the config says, else data/tidemark.db)')
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'say more, with the stacks of errors')
    .addOption(
      new Option('--log <form>', 'log lines as text or as JSON (default: pretty in a terminal, else json)').choices([
        'pretty',
        'json',
      ]),
    )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      examples(
        'tidemark plan                       what a sync would read',
        'tidemark                            read what is missing, of every installed source',
        'tidemark status                     how far every table is',
        'tidemark sync --every 5m            the same, again and again',
        'tidemark query "select 1"           ask the database',
        'tidemark <verb> --help              the flags and examples of a verb',
      ),
    )
  for (const add of VERBS) add(root, run)
  for (const one of [root, ...root.commands, ...root.commands.flatMap((command) => command.commands)]) {
    one.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) })
  }
  return root
}

/** What a failure asks for, and its code. */
function toldBy(error: unknown, usage: boolean): Pick<SyncError, 'remedy' | 'code'> {
  if (SyncError.is(error)) return error
  return usage ? { remedy: 'fix-config', code: 'usage' } : { remedy: 'fix-source', code: undefined }
}

/** What was going on ended because a signal asked for it. */
function stopped(reason: unknown): SyncError {
  return new SyncError(`${messageOf(reason)}; what is committed stays, the same command goes on`, 'retry', {
    code: 'stopped',
    cause: reason,
  })
}

async function fail(given: unknown): Promise<never> {
  if (given instanceof CommanderError && given.exitCode === 0) return exitWhenWritten(0)
  const error = interrupts.isOf(given) ? stopped(given) : given
  const usage = error instanceof CommanderError
  const ownCode = usage ? EXIT.config : exitCodeFor(error)
  const exitCode = interrupts.exitCode() ?? ownCode
  const message = usage ? error.message.replace(/^error: /, '').replaceAll('\n', ' ') : messageOf(error)
  const stack = error instanceof Error ? (error.stack ?? message) : message
  if (ownCode === EXIT.bug)
    terminal.say(
      `This is a bug in Tidemark, please report it (where the stack leads into a source, to its author):\n${stack}`,
    )
  else terminal.say(`error: ${message}`)
  if (usage) terminal.say('tidemark --help lists verbs and flags.')
  const told = toldBy(error, usage)
  if (ownCode !== EXIT.bug) terminal.say(`see ${errorAddress(told)}`)
  if (ownCode !== EXIT.bug && process.argv.includes('--verbose')) terminal.say(stack)
  terminal.printJson({
    error: { message: secrets.redact(message), remedy: told.remedy, code: told.code ?? null },
    exitCode,
  })
  await flushTelemetry()
  return exitWhenWritten(exitCode)
}

process.on('uncaughtException', noticeUncaught)
process.on('unhandledRejection', noticeStray)
// Nothing is left that could go on, and the verb has not ended: a source waits for what can never come.
process.once('beforeExit', () =>
  fail(
    new SyncError(
      'a source waits for something that can no longer happen; --verbose says how far it came',
      'fix-source',
      { code: 'stuck' },
    ),
  ),
)
program().parseAsync().catch(fail)
