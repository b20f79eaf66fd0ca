import type { Staging } from './staging.ts'
import type { Target } from './target.ts'
import type { Terms } from './terms.ts'

/**
 * A transaction that inserts the staged rows of a table which has none, while what follows is still read. The transaction that
 * completes their step continues it, so that they are seen with all others, or not at all.
 */
export interface EarlyInsert {
  /** Inserts what was staged and committed since the last time. @returns whether it may go on: else it is to be ended. @throws what the database says. */
  insert(target: Target, staging: Staging): Promise<boolean>
  /** Rolls it back. Never throws. */
  end(): Promise<void>
}

/** Of which step the rows are. */
export type EarlyInsertTerms = Pick<Terms, 'now' | 'partition' | 'run'>
