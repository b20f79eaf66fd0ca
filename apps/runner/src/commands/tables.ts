import { SyncError, suggestion } from '@tidemark/core'
import type { State, TableState } from '@tidemark/core/engine'
import type { Command } from 'commander'
import { discover } from '../discover.ts'
import { otherLines, otherProjects } from '../other-projects.ts'
import { type Call, openSession, type Session, withReader } from '../session.ts'
import { sourceMarkdown } from '../show/source-markdown.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'
import { noDatabase } from './status.ts'

export interface TablesFlags {
  /** Lists the installed sources instead, as Markdown for their READMEs. */
  readonly md?: boolean | undefined
}

/** Lists the tracked tables and their columns, from the state alone. */
export async function tables(call: Call, names: readonly string[], { md }: TablesFlags): Promise<number> {
  const session = await openSession(call)
  if (md === true) return printMarkdown(session, names)
  if (names.length > 0)
    throw new SyncError('tables lists every table; name sources only with --md', 'fix-config', { code: 'usage' })
  const { terminal, target, command } = session
  if (!target.exists) {
    terminal.printJson({ tables: [] })
    terminal.print(noDatabase(session))
    return 0
  }
  const state = await withReader(session, (destination) => destination.state())
  const [list, others] = [tablesIn(state), otherProjects(state)]
  terminal.printJson({ tables: list, other_projects: others })
  const rows = list.map((table) => [
    table.name,
    table.source,
    table.status,
    table.primary_key.join(', '),
    table.cursor ?? '',
    table.columns.map((column) => `${column.name} ${column.type}`).join(', '),
  ])
  terminal.print(
    list.length === 0
      ? `There are no tracked tables yet. The first sync creates them: ${command('sync')}`
      : textTable(['table', 'source', 'status', 'primary key', 'cursor', 'columns'], rows, {
          width: 100,
          columns: terminal.columns,
        }),
  )
  for (const line of otherLines(others)) terminal.print(line)
  return 0
}

/** Uses the installed packages alone: no config, no database. */
async function printMarkdown({ project, terminal }: Session, names: readonly string[]): Promise<number> {
  const { sources } = await discover(project)
  const known = sources.map(({ source }) => source)
  const missing = names.find((name) => !known.some((source) => source.name === name))
  if (missing !== undefined)
    throw new SyncError(
      `there is no source "${missing}"; ${suggestion(
        missing,
        known.map(({ name }) => name),
        'sources',
      )}`,
      'fix-config',
      { code: 'unknown-table' },
    )
  const wanted = known.filter((source) => names.length === 0 || names.includes(source.name))
  const text = wanted.map(sourceMarkdown).join('\n\n')
  terminal.printJson({ markdown: text })
  terminal.print(text)
  return 0
}

interface TableLine {
  readonly name: string
  readonly source: string
  readonly table: string
  readonly status: string
  readonly primary_key: readonly string[]
  readonly cursor: string | null
  readonly partitioned: boolean
  readonly columns: readonly { readonly name: string; readonly column: string; readonly type: string }[]
}

function tablesIn({ tables: known }: State): readonly TableLine[] {
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(lineOf)
}

function lineOf({ name, source, table, status, schema: recorded }: TableState): TableLine {
  return {
    name,
    source,
    table,
    status,
    primary_key: recorded?.primaryKey ?? [],
    cursor: recorded?.cursor?.column ?? null,
    partitioned: recorded?.partitioned ?? false,
    columns: recorded?.columns ?? [],
  }
}

export const addTables: AddVerb = (root, run) => {
  root
    .command('tables')
    .argument('[sources...]', 'with --md: only these sources')
    .description('list the tracked tables and their columns')
    .option('--md', 'config and tables of the installed sources, as Markdown for their READMEs')
    .addHelpText('after', examples('tidemark tables', 'tidemark tables git --md'))
    .action((names: string[], flags, command: Command) => run(command, (call) => tables(call, names, flags)))
}
