import type { ReadOnlyDestination } from '@tidemark/core/engine'
import type { Command } from 'commander'
import { type Call, needDatabase, openSession, withReader } from '../session.ts'
import { databaseTypes, type TypedTable } from '../show/database-types.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Prints the Kysely interface of everything that is tracked: `tidemark types > database.d.ts`. */
export async function kyselyTypes(call: Call): Promise<number> {
  const { terminal } = call
  const session = await openSession(call)
  needDatabase(session)
  const text = await withReader(session, async (destination) =>
    databaseTypes(destination.profile, await tracked(destination)),
  )
  if (call.flags.json === true) terminal.printJson({ types: text })
  else terminal.printRaw([text])
  return 0
}

async function tracked(destination: ReadOnlyDestination): Promise<readonly TypedTable[]> {
  const { tables } = await destination.state()
  const there = [...tables.values()]
    .filter(
      ({ status, schema: recorded, present }) => status !== 'removed' && recorded !== null && present !== 'missing',
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const typed: TypedTable[] = []
  for (const table of there) {
    const { columns } = await destination.query(`select * from "${table.name.replaceAll('"', '""')}" limit 0`)
    typed.push({ table, present: columns })
  }
  return typed
}

export const addTypes: AddVerb = (root, run) => {
  root
    .command('types')
    .description('print TypeScript types of the tables for Kysely')
    .addHelpText('after', examples('tidemark types > database.d.ts'))
    .action((_, command: Command) => run(command, kyselyTypes))
}
