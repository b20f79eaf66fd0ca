import { SyncError } from '@tidemark/core'
import { createMasker, messageOf } from '@tidemark/core/engine'
import { blameSource, EXIT, flushTelemetry } from '@tidemark/engine'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { exitCodeFor } from './exit-code.ts'
import { listenForInterrupts } from './interrupts.ts'
import { isLive } from './is-live.ts'
import { createLog, type ProcessLog } from './log.ts'
import { quietWarnings } from './node-warnings.ts'
import { RunLogWriter } from './run-log/run-log-writer.ts'
import type { Flags } from './session.ts'
import { errorAddress } from './show/error-address.ts'
import { tonedLabel } from './show/tone.ts'
import { exitWhenWritten, ignoreBrokenPipes, noticeForeignExit, openTerminal } from './terminal.ts'
import { examples, type Run } from './verb.ts'
import { VERBS } from './verbs.ts'
import { version } from './version.ts'

quietWarnings()
ignoreBrokenPipes()
const secrets = createMasker()
const json = process.argv.includes('--json')
/** With `--log json` programs read stderr: nothing is written there but lines of the log, failures included. */
const forPrograms = process.argv.includes('--log=json') || process.argv[process.argv.indexOf('--log') + 1] === 'json'
const logOf = (form: 'pretty' | 'json', verbose: boolean): ProcessLog =>
  createLog({
    ...{ form, verbose, forPrograms },
    colours: isLive(process.stderr, process.env),
    redact: secrets.redact,
    write: (line) => void process.stderr.write(`${line}\n`),
    keep: RunLogWriter.keep,
  })
const programLog = forPrograms ? logOf('json', process.argv.includes('--verbose')) : undefined
const terminal = openTerminal({ json, redact: secrets.redact, environment: process.env, log: programLog })
const interrupts = listenForInterrupts(terminal.say)
noticeForeignExit((message) =>
  programLog === undefined
    ? message
    : JSON.stringify({ level: 'error', time: new Date().toISOString(), event: 'source-error', msg: message }),
)
const cwd = process.cwd()

const run: Run = async (command, verb) => {
  const flags = command.optsWithGlobals<Flags>()
  if (flags.log === true && command.name() !== 'runs')
    throw new SyncError('--log needs a form: --log pretty or --log json', 'fix-config', { code: 'usage' })
  const form = flags.log === true ? undefined : flags.log
  const log = programLog ?? logOf(form ?? (process.stderr.isTTY ? 'pretty' : 'json'), flags.verbose === true)
  const exitCode = await verb({ flags, cwd, environment: process.env, terminal, log, secrets, interrupts })
  await flushTelemetry()
  await exitWhenWritten(interrupts.exitCode() ?? (exitCode === EXIT.ok && strayErrors > 0 ? EXIT.someFailed : exitCode))
}

let strayErrors = 0

/** An uncaught error of a source is that source's failure; any other uncaught error ends the process. */
function noticeUncaught(error: unknown): void {
  const source = blameSource(error)
  if (source === undefined) return void fail(error)
  strayErrors++
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  terminal.say(`Source "${source}" threw an error that nothing could catch; the other sources continue:\n${stack}`, {
    event: 'source-error',
    source,
  })
}

/** An unhandled rejection in one source must not end the other sources. */
function noticeStray(error: unknown): void {
  strayErrors++
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  terminal.say(`An unhandled promise rejection, most likely in a source; the run continues:\n${stack}`, {
    event: 'source-error',
  })
}

function program(): Command {
  const root = new Command('tidemark')
    .description('Syncs data from APIs, files and databases into tables in your own database.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--project <folder>', 'the folder of the project (default: that of the nearest package.json)')
    .option('--config <file>', 'the config file (default: tidemark.config.ts, .mts, .js, .mjs or .json in the project)')
    .option(
      '--destination <database>',
      'the database to sync into (default: the one in the config, else data/tidemark.db)',
    )
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'print more, including stack traces')
    .addOption(
      new Option(
        '--log [form]',
        'log as text (pretty), or as JSON lines and nothing else (json) (default: pretty in a terminal)',
      ).argParser(logForm),
    )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      examples(
        'tidemark plan                       show what a sync would read',
        'tidemark                            sync every installed source',
        'tidemark status                     show the progress of every table',
        'tidemark sync --every 5m            sync every five minutes',
        'tidemark query "select 1"           query the database',
        'tidemark <verb> --help              options and examples of a verb',
      ),
    )
  for (const add of VERBS) add(root, run)
  for (const one of [root, ...root.commands, ...root.commands.flatMap((command) => command.commands)]) {
    one.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) })
  }
  return root
}

function logForm(text: string): 'pretty' | 'json' {
  if (text === 'pretty' || text === 'json') return text
  throw new InvalidArgumentError('It must be pretty or json. To print the log of a run: tidemark runs <run> --log')
}

/** The remedy of a failure, and its code. */
function toldBy(error: unknown, usage: boolean): Pick<SyncError, 'remedy' | 'code'> {
  if (SyncError.is(error)) return error
  return usage ? { remedy: 'fix-config', code: 'usage' } : { remedy: 'fix-source', code: undefined }
}

/** The command ended because of a signal. */
function stopped(reason: unknown): SyncError {
  return new SyncError(`${messageOf(reason)}; what is committed stays; run the same command to continue`, 'retry', {
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
  const told = toldBy(error, usage)
  if (programLog !== undefined) {
    const isStackShown = ownCode === EXIT.bug || process.argv.includes('--verbose')
    const more = { see: errorAddress(told), ...(isStackShown ? { stack } : {}) }
    programLog.error(message, {
      ...{ event: 'command-failed', code: told.code, remedy: told.remedy, exit_code: exitCode },
      ...more,
    })
  } else sayFailure(message, stack, { ownCode, usage, failure: told })
  terminal.printJson({
    error: { message: secrets.redact(message), remedy: told.remedy, code: told.code ?? null },
    exitCode,
  })
  await flushTelemetry()
  return exitWhenWritten(exitCode)
}

interface Failing {
  readonly ownCode: number
  readonly usage: boolean
  readonly failure: Pick<SyncError, 'remedy' | 'code'>
}

function sayFailure(message: string, stack: string, { ownCode, usage, failure }: Failing): void {
  if (ownCode === EXIT.bug)
    terminal.say(
      `This is a bug in Tidemark. Please report it; if the stack trace leads into a source, report it to that source's author:\n${stack}`,
    )
  else terminal.say(tonedLabel(`error: ${message}`))
  if (usage) terminal.say('tidemark --help lists verbs and options.')
  if (ownCode !== EXIT.bug) terminal.say(`see ${errorAddress(failure)}`)
  if (ownCode !== EXIT.bug && process.argv.includes('--verbose')) terminal.say(stack)
}

process.on('uncaughtException', noticeUncaught)
process.on('unhandledRejection', noticeStray)
// The event loop is empty and the verb has not ended: a source waits for something that can never happen.
process.once('beforeExit', () =>
  fail(
    new SyncError(
      'a source waits for something that can no longer happen; run again with --verbose to see how far it got',
      'fix-source',
      { code: 'stuck' },
    ),
  ),
)
program().parseAsync().catch(fail)
