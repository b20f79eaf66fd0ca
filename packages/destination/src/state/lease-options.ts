import type { Runner } from '@tidemark/core/engine'
import type { StateDialect } from './state-dialect.ts'

/** Who runs, and by what its leases last. */
export interface LeaseOptions {
  readonly runner: Runner
  readonly flavor: StateDialect
  readonly leaseMs: number
  /** Whether a process on this host still runs; undefined: not known. Absent or not known: only its heartbeat says so. */
  readonly isAlive?: ((holder: Runner) => boolean | undefined) | undefined
}
