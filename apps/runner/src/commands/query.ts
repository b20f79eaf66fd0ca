import { SyncError } from '@tidemark/core'
import type { Command } from 'commander'
import { type Call, needDatabase, openSession, withReader } from '../session.ts'
import { csv } from '../show/csv.ts'
import { plural } from '../show/numbers.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface QueryFlags {
  readonly csv?: boolean | undefined
}

/** Runs one read-only statement against the database. */
export async function query(call: Call, statement: string, flags: QueryFlags): Promise<number> {
  const { terminal } = call
  if (flags.csv === true && call.flags.json === true)
    throw new SyncError('--csv and --json say two things; leave one out', 'fix-config', { code: 'usage' })
  const session = await openSession(call)
  needDatabase(session)
  const { columns, rows } = await withReader(session, (destination) => destination.query(statement))
  if (flags.csv === true) terminal.printRaw(csv(columns, rows))
  else {
    terminal.printJson({
      columns,
      rows: rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
    })
    terminal.print(`${textTable(columns, rows, { columns: terminal.columns })}\n(${plural(rows.length, 'row')})`)
  }
  return 0
}

export const addQuery: AddVerb = (root, run) => {
  root
    .command('query')
    .argument('<select>', 'one statement, in quotes')
    .description('ask the database, read-only')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      examples(
        'tidemark query "select count(*) from git_commits"',
        'tidemark query --csv "select * from git_commits" > commits.csv',
      ),
    )
    .action((statement: string, flags, command: Command) => run(command, (call) => query(call, statement, flags)))
}
