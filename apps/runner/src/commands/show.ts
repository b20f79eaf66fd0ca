import { answerLimit } from '@tidemark/destination'
import { show as sample } from '@tidemark/engine'
import type { Command } from 'commander'
import { type Call, findSources, openSession, runOptions, withReader } from '../session.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, countOption, examples } from '../verb.ts'

/** Shows rows of a table straight from its source; writes nothing. */
export async function show(call: Call, table: string, limit: number): Promise<number> {
  const { terminal } = call
  const session = await openSession(call)
  const sources = await findSources(session)
  const {
    columns,
    rows,
    table: name,
  } = await withReader(session, async (destination) =>
    sample(runOptions(session, sources, destination, await destination.state()), {
      table,
      limit,
      mostBytes: answerLimit(),
    }),
  )
  terminal.printJson({ table: name, columns, rows: rows.map((row) => new Map(Object.entries(row))) })
  const cells = rows.map((row) => columns.map((column) => row[column]))
  terminal.print(
    rows.length === 0
      ? `${name}: the source has no rows now`
      : textTable(columns, cells, { columns: terminal.columns }),
  )
  return 0
}

export const addShow: AddVerb = (root, run) => {
  root
    .command('show')
    .argument('<table>', 'a table of a source')
    .description('show rows directly from the source; writes nothing')
    .option('--limit <count>', 'maximum number of rows', countOption, 20)
    .addHelpText('after', examples('tidemark show git_commits --limit 5'))
    .action((table: string, flags: { limit: number }, command: Command) =>
      run(command, (call) => show(call, table, flags.limit)),
    )
}
