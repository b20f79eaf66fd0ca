import type { Lease, Project } from '@tidemark/core/engine'
import type { Dialect, Session, TransactionOptions } from './dialects/dialect.ts'
import type { EarlyInserts } from './early-inserts.ts'
import type { Leasing } from './leasing.ts'
import type { Stagings } from './rows/stagings.ts'
import type { TableWriter } from './rows/table-writer.ts'
import type { LeaseOptions } from './state/lease-options.ts'
import type { LeaseTurns } from './state/lease-turns.ts'

/** How a transaction behind a fence is done. */
export type FencedOptions = Pick<TransactionOptions, 'mode' | 'isSmall' | 'isInterim' | 'continues'>

/** What of a destination batches are committed with. */
export interface Committing {
  readonly dialect: Dialect
  readonly options: LeaseOptions & { readonly project?: Project | undefined }
  readonly leasing: Leasing
  readonly turns: LeaseTurns
  readonly stagings: Stagings
  readonly earlyInserts: EarlyInserts
  /** Undefined where the table was not prepared. */
  writerOf(lease: Lease, session: Session): TableWriter | undefined
  /** A transaction that only reads. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** A transaction that holds a lease's fence. */
  fenced<T>(
    lease: Lease,
    options: FencedOptions,
    work: (session: Session, now: bigint) => Promise<T>,
    done?: (result: T) => void,
  ): Promise<T>
}
