import { check as ask, EXIT } from '@tidemark/engine'
import type { Command } from 'commander'
import { redactDeep } from '../redact-deep.ts'
import { type Call, findUses, openSession, runOptions, withDestination } from '../session.ts'
import { oneLine } from '../show/plain.ts'
import { sourceExit, sourceLines } from '../show/source.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Tries config, database and sources: connects to each and asks for its tables; reads no row and writes nothing. */
export async function check(call: Call): Promise<number> {
  const { terminal, secrets } = call
  const session = await openSession(call)
  const uses = await findUses(session)
  const report = await withDestination(session, 'memory', async (destination) =>
    ask(runOptions(session, uses, destination, await destination.state())),
  )
  const sources = report.sources.map((source) => ({ ...source, package: packageOf(source.name) }))
  terminal.printJson(
    redactDeep(
      { config: session.config.file ?? null, ...report, sources, unconfigured: uses.unconfigured },
      secrets.redact,
    ),
  )
  const rows = sources.map(({ name, package: from, tables, failure }) => [
    name,
    from,
    tables,
    failure === undefined ? 'ok' : 'failed',
  ])
  terminal.print(
    rows.length === 0
      ? 'No source is configured.'
      : secrets.redact(textTable(['source', 'package', 'tables', 'state'], rows, { columns: terminal.columns })),
  )
  const failures = report.failures.map(
    ({ table, partition, message }) =>
      `failed: table ${table}${partition === '' ? '' : `, partition ${partition}`}: ${oneLine(message)}`,
  )
  for (const line of [...sourceLines(report.sources, session.command), ...failures])
    terminal.print(secrets.redact(line))
  return sourceExit(report.sources) || (failures.length > 0 ? EXIT.someFailed : EXIT.ok)

  function packageOf(name: string): string {
    const from = uses.uses.find((use) => use.name === name)?.from
    return from === undefined ? '' : `${from.package}@${from.version}`
  }
}

export const addCheck: AddVerb = (root, run) => {
  root
    .command('check')
    .description('try config, database and sources; reads no row and writes nothing')
    .addHelpText('after', examples('tidemark check'))
    .action((_, command: Command) => run(command, check))
}
