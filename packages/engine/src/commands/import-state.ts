import { SyncError } from '@tidemark/core'
import { type Contents, type Destination, messageOf, quotedCommand, type WrittenState } from '@tidemark/core/engine'
import { otherProject } from '../discover/other-project.ts'
import { knownTables } from '../lease/known-tables.ts'
import { withTablesForLong } from '../lease/with-tables.ts'
import { coveredAhead } from '../plan/covered-ahead.ts'
import type { Clock } from '../time/clock.ts'

export interface ImportOptions {
  readonly clock: Clock
  readonly stop: (reason: unknown) => void
  readonly signal: AbortSignal
  readonly onTable: (table: string, done: number, of: number) => void
  /** Called if a state already exists, which would be replaced. */
  readonly confirm: (tables: number) => Promise<void>
}

/**
 * Imports an exported state in place of the current one. Only into the database that has the rows: every table must hold what
 * it held when the state was written.
 *
 * @returns how many tables are known now. @throws SyncError that names every table that does not fit.
 */
export async function importState(
  destination: Destination,
  { records, contents }: WrittenState,
  options: ImportOptions,
): Promise<number> {
  const { relocation } = destination
  const tables = records.flatMap((chunk) => (chunk.kind === 'tables' ? chunk.records : []))
  const names = tables.map(({ name }) => String(name))
  const strange = names.find((name) => destination.nameOf(name) !== name)
  if (strange !== undefined) throw refused([`"${strange}" is not the name of a table here`])
  const state = await destination.state()
  const [foreign] = state.others?.values() ?? []
  if (foreign !== undefined) throw otherProject(foreign)
  const before = [...state.tables.keys()]
  const held = [...new Set([...names, ...before])]
  return await withTablesForLong(destination, held, options, async (leases) => {
    const problems: string[] = []
    const known = knownTables(tables)
    for (const [at, table] of known.entries()) {
      options.signal.throwIfAborted()
      const problem = await problemOf(contents.get(table.name) ?? undefined, () => relocation.contents(table))
      if (problem !== undefined) problems.push(`${table.name} ${problem}`)
      options.onTable(table.name, at + 1, known.length)
    }
    if (problems.length > 0) throw refused(problems)
    const ahead = coveredAhead(records, await destination.now())
    if (ahead.length > 0) throw refusedAhead(ahead)
    if (before.length > 0) await options.confirm(before.length)
    options.signal.throwIfAborted()
    await relocation.replace(leases, () => records)
    return names.length
  })
}

async function problemOf(
  then: Contents | undefined,
  look: () => Promise<Contents | undefined>,
): Promise<string | undefined> {
  let now: Contents | undefined
  try {
    now = await look()
  } catch (error) {
    if (SyncError.is(error) && error.code === 'table-changed') return `is another table here: ${messageOf(error)}`
    throw error
  }
  const [before, there] = [then?.rows ?? 0, now?.rows ?? 0]
  if (now === undefined) return before === 0 ? undefined : `is missing here; it held ${before} rows`
  if (there === 0 && before > 0) return `is empty here; it held ${before} rows`
  if (there !== before) return `holds ${there} rows here; it held ${before}`
  return now.hash === then?.hash || before === 0 ? undefined : `holds ${there} rows here, but not the same ones`
}

function refused(problems: readonly string[]): SyncError {
  const said = problems.slice(0, 20).join('; ')
  return new SyncError(
    `the state does not match the rows in this destination, so nothing was changed: ${said}${problems.length > 20 ? `; and ${problems.length - 20} more` : ''}. Copy the rows with it ("tidemark move" does), or do without this state and sync the tables from their beginning with "tidemark sync"`,
    'fix-config',
    { code: 'state-document' },
  )
}

function refusedAhead(problems: readonly string[]): SyncError {
  return new SyncError(
    `the state covers a time that is still to come, so nothing was changed: ${problems.slice(0, 20).join('; ')}. Rows of that time would never be read. Export the state again with ${quotedCommand('state export', ['state.json'])} on a machine whose clock is right and do not edit the document, or do without this state and sync the tables from their beginning with "tidemark sync"`,
    'fix-config',
    { code: 'state-document' },
  )
}
