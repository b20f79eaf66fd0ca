import { isDecision } from '@tidemark/core/engine'
import { listChanges, type Reader } from '@tidemark/destination'
import type { ChangesAnswer } from './list-answers.ts'
import { millis } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'

const PAGE = 100

/** What was done to the tables, newest first: columns added and widened, tables created, paused and resumed. */
export async function changesPage(
  { table, before }: { readonly table: string | undefined; readonly before: number | undefined },
  { reader, snapshot }: { readonly reader: Reader; readonly snapshot: Snapshot },
): Promise<ChangesAnswer> {
  const found = await listChanges(reader, { table, before, limit: PAGE + 1 })
  const changes = found.slice(0, PAGE).map(({ id, table: name, change, changedAt }) => ({
    ...{ id, table: name, change, at: millis(changedAt) },
    isDecision: isDecision(change),
  }))
  // Only this project's tables are shown; of those of others the page knows nothing.
  const known = changes.filter(({ table: name }) => snapshot.state.tables.has(name))
  return { now: millis(snapshot.now), changes: known, before: found.length > PAGE ? changes.at(-1)!.id : null }
}
