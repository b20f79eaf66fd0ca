import type { CommandText } from '@tidemark/core/engine'
import { type Examination, examine } from '@tidemark/destination'
import { check as ask, type CheckedTable, type CheckReport, EXIT, pageText, type SourceReport } from '@tidemark/engine'
import type { Command } from 'commander'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findSources, openSession, runOptions, withReader } from '../session.ts'
import { errorAddress } from '../show/error-address.ts'
import { failureLine } from '../show/failure.ts'
import { decisionOn } from '../show/fix.ts'
import { fixText } from '../show/fix-text.ts'
import { countText, plural, sizeText } from '../show/numbers.ts'
import { oneLine } from '../show/plain.ts'
import { sameFailures } from '../show/same-failures.ts'
import { sourceLines } from '../show/source.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface CheckFlags {
  /** Lists tables without reading a page. */
  readonly quick?: boolean | undefined
}

/**
 * Tests config, database and sources: connects to each, checks permissions, lists tables, and reads one page of every table
 * as the next sync would. Writes nothing.
 */
export async function check(call: Call, { quick }: CheckFlags = {}): Promise<number> {
  const { terminal, secrets } = call
  const session = await openSession(call)
  const { target, command } = session
  const destination = { place: target.shown, exists: target.exists, ...(await examine(target)) }
  const configured = await findSources(session)
  const report = await withReader(session, async (destination) =>
    ask({ ...runOptions(session, configured, destination, await destination.state()), quick }),
  )
  const sources = report.sources.map((source) => ({ ...source, package: packageOf(source.name) }))
  const shown = redactDeep(
    { config: session.config.file ?? null, destination, ...report, sources, unconfigured: configured.unconfigured },
    secrets.redact,
  )
  const exitCode = destination.problems.length > 0 ? EXIT.destination : report.exitCode
  terminal.printJson({ ...shown, exitCode })
  terminal.print(oneLine(destinationText(shown.destination)))
  for (const problem of shown.destination.problems) terminal.print(`missing: ${oneLine(problem)}`)
  terminal.print('')
  const rows = shown.sources.map((source) => [
    source.name,
    source.package,
    source.tables,
    stateOf(source, shown.tables),
  ])
  terminal.print(
    rows.length === 0
      ? 'No source is configured.'
      : textTable(['source', 'package', 'tables', 'state'], rows, { columns: terminal.columns }),
  )
  for (const line of [...sourceLines(shown.sources, command), ...tableLines(shown, command)]) terminal.print(line)
  return exitCode

  function packageOf(name: string): string {
    const from = configured.sources.find((source) => source.name === name)?.from
    return from === undefined ? '' : `${from.package}@${from.version}`
  }
}

/** `ok` only if the next sync can read every table; `answers` if the tables were listed but not read, as those that a feed tells. */
function stateOf({ name, failure }: SourceReport, tables: readonly CheckedTable[]): string {
  if (failure !== undefined) return 'failed'
  const own = tables.filter(({ source }) => source === name)
  const bad = own.filter(({ state }) => state === 'failed' || state === 'paused').length
  if (bad > 0) return `${bad} of ${plural(own.length, 'table')} failed`
  const fed = own.filter(({ feed }) => feed !== null).length
  const word = own.some(({ state, feed }) => state === 'listed' && feed === null) ? 'answers' : 'ok'
  // A feed is not read only to look at it.
  if (fed === 0) return word
  return fed === own.length ? 'answers, from a feed' : `${word}, ${countText(fed)} from a feed`
}

/** A line for each table that the next sync cannot read, and for each table with rows that it would reject. */
function tableLines({ tables, failures, findings }: CheckReport, command: CommandText): readonly string[] {
  const all = failures.map(({ table, source, partition, ...failure }) => ({ table, source, partition, failure }))
  const failed = sameFailures(all).map(({ failure, ...of }) => {
    const { thing } = of
    // A check stores no rejected row that could be listed: the reason is in the message.
    return failure.code === 'reject-limit'
      ? `failed: ${thing}: ${oneLine(failure.message)} (correct the source or its config so that its rows match the schema; then: ${command('check')}; see ${errorAddress(failure)})`
      : failureLine({ ...of, failure }, command)
  })
  const paused = tables.flatMap(({ name, pausedFor }) =>
    pausedFor === undefined
      ? []
      : [
          `paused: table ${oneLine(name)}: ${oneLine(pausedFor)} (${fixText(decisionOn({ name, pausedFor }, command))})`,
        ],
  )
  const rejecting = tables.flatMap(({ name, state, page }) =>
    page === undefined || page.rejected === 0 || state === 'failed'
      ? []
      : [`rejected: table ${oneLine(name)}: ${oneLine(pageText(page))}`],
  )
  const found = findings.map(
    ({ source, feed, level, message }) => `${level}: feed ${oneLine(feed)} of ${oneLine(source)}: ${oneLine(message)}`,
  )
  return [...failed, ...paused, ...rejecting, ...found]
}

function destinationText({
  title,
  version,
  place,
  exists,
  freeBytes,
  problems,
}: Examination & DestinationPlace): string {
  const facts = [
    exists ? 'exists' : 'will be created by the first sync',
    ...(problems.length === 0 ? ['writable'] : []),
    ...(freeBytes === undefined ? [] : [`${sizeText(freeBytes)} free`]),
  ]
  return `destination: ${place} (${title} ${version}) ${facts.join(', ')}`
}

interface DestinationPlace {
  readonly place: string
  /** Whether it holds a state. */
  readonly exists: boolean
}

export const addCheck: AddVerb = (root, run) => {
  root
    .command('check')
    .description('test config, database and sources: read one page of every table, write nothing')
    .option('--quick', 'list the tables without reading a page')
    .addHelpText('after', examples('tidemark check', 'tidemark check --quick'))
    .action((flags: CheckFlags, command: Command) => run(command, (call) => check(call, flags)))
}
