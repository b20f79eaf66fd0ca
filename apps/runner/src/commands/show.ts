import { show as sample } from '@tidemark/engine'
import { type Call, findUses, openSession, runOptions, withDestination } from '../session.ts'
import { textTable } from '../show/text-table.ts'

/** Shows rows of a table straight from its source; writes nothing. */
export async function show(call: Call, table: string, limit: number): Promise<number> {
  const { terminal } = call
  const session = await openSession(call)
  const uses = await findUses(session)
  const {
    columns,
    rows,
    table: name,
  } = await withDestination(session, 'memory', async (destination) =>
    sample(runOptions(session, uses, destination, await destination.state()), { table, limit }),
  )
  terminal.printJson({ table: name, columns, rows })
  const cells = rows.map((row) => columns.map((column) => row[column]))
  terminal.print(rows.length === 0 ? `${name}: the source has no rows there now` : textTable(columns, cells))
  return 0
}
