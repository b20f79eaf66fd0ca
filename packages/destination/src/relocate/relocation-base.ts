import type { Lease } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { Connections, Dialect, Session } from '../dialects/dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'

/** What copying rows and state takes of an open database. */
export interface RelocationBase {
  readonly connections: Connections
  readonly dialect: Dialect
  /** A transaction that holds a table's fence. */
  fenced<T>(lease: Lease, work: (session: Session) => Promise<T>): Promise<T>
  /** Proves within a transaction that a lease is still held. */
  prove(db: Kysely<StateDatabase>, lease: Lease): Promise<void>
}
