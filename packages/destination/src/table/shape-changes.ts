import type { Kysely } from 'kysely'
import type { StateDatabase } from '../state/state-types.ts'

/** A column was added, as it is kept. */
export const columnAdded = (column: string): string => `column "${column}" added`

/** A table was created, as it is kept. */
export const TABLE_CREATED = 'table created'

/** Keeps what was done to a table's shape, in the transaction that did it. @returns the changes, for people. */
export async function recordShapeChanges(
  db: Kysely<StateDatabase>,
  name: string,
  changes: readonly string[],
  now: bigint,
): Promise<readonly string[]> {
  if (changes.length > 0)
    await db
      .insertInto('_tidemark_changes')
      .values(changes.map((change) => ({ name, change, changed_at: now })))
      .execute()
  return changes
}
