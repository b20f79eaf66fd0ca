import { type Examination, examine } from '@tidemark/destination'
import { check as ask, EXIT } from '@tidemark/engine'
import type { Command } from 'commander'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findUses, openSession, runOptions, withReader } from '../session.ts'
import { sizeText } from '../show/numbers.ts'
import { oneLine } from '../show/plain.ts'
import { sourceExit, sourceLines } from '../show/source.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Tries config, database and sources: connects to each, asks what may be done and what tables there are; reads no row and writes nothing. */
export async function check(call: Call): Promise<number> {
  const { terminal, secrets } = call
  const session = await openSession(call)
  const { target } = session
  const destination = { place: target.shown, exists: target.exists, ...(await examine(target)) }
  const uses = await findUses(session)
  const report = await withReader(session, async (destination) =>
    ask(runOptions(session, uses, destination, await destination.state())),
  )
  const sources = report.sources.map((source) => ({ ...source, package: packageOf(source.name) }))
  const shown = redactDeep(
    { config: session.config.file ?? null, destination, ...report, sources, unconfigured: uses.unconfigured },
    secrets.redact,
  )
  terminal.printJson(shown)
  terminal.print(oneLine(destinationText(shown.destination)))
  for (const problem of shown.destination.problems) terminal.print(`missing: ${oneLine(problem)}`)
  terminal.print('')
  const rows = sources.map(({ name, package: from, tables, failure }) => [
    name,
    from,
    tables,
    failure === undefined ? 'ok' : 'failed',
  ])
  terminal.print(
    rows.length === 0
      ? 'No source is configured.'
      : textTable(['source', 'package', 'tables', 'state'], rows, { columns: terminal.columns }),
  )
  const failures = shown.failures.map(
    ({ table, partition, message }) =>
      `failed: table ${table}${partition === '' ? '' : `, partition ${partition}`}: ${oneLine(message)}`,
  )
  for (const line of [...sourceLines(shown.sources, session.command), ...failures]) terminal.print(line)
  if (destination.problems.length > 0) return EXIT.destination
  return sourceExit(report.sources) || (failures.length > 0 ? EXIT.someFailed : EXIT.ok)

  function packageOf(name: string): string {
    const from = uses.uses.find((use) => use.name === name)?.from
    return from === undefined ? '' : `${from.package}@${from.version}`
  }
}

function destinationText({
  kind,
  version,
  place,
  exists,
  freeBytes,
  problems,
}: Examination & DestinationPlace): string {
  const name = kind === 'sqlite' ? `SQLite ${version}` : `Postgres ${version}`
  const facts = [
    exists ? 'is there' : 'is made by the first sync',
    ...(problems.length === 0 ? ['can be written'] : []),
    ...(freeBytes === undefined ? [] : [`${sizeText(freeBytes)} free`]),
  ]
  return `destination: ${place} (${name}) ${facts.join(', ')}`
}

interface DestinationPlace {
  readonly place: string
  /** Whether it holds a state. */
  readonly exists: boolean
}

export const addCheck: AddVerb = (root, run) => {
  root
    .command('check')
    .description('try config, database and sources; reads no row and writes nothing')
    .addHelpText('after', examples('tidemark check'))
    .action((_, command: Command) => run(command, check))
}
