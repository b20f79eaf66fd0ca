import type { Range } from '../values/window.ts'

/** The runner's identity, for leases and for people. */
export interface Runner {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When the process started, in microseconds, so that a process id used again is not taken for it. */
  readonly startedAt: bigint
}

/** A lease: a table or a window of it, and the fencing token that stops this runner if another took over. */
export interface Lease {
  readonly id: number
  readonly table: string
  readonly fence: number
  /** The id of a window's lease. Absent: the lease is of the whole table. */
  readonly window?: number | undefined
  /** It is of a feed, and `table` its `feedKey`. */
  readonly feed?: true | undefined
}
/** What a lease of a window covers: all that its step reads. Windows of one partition that overlap are not leased at once. */
export interface LeasedWindow {
  readonly table: string
  readonly partition: string
  /** Undefined: the whole partition. */
  readonly range: Range | undefined
}
export interface Refusal extends Pick<Runner, 'host' | 'pid'> {
  readonly table: string
  /** When the holder took it, and when its heartbeat runs out; microseconds. */
  readonly since: bigint
  readonly until: bigint
}
export interface Leases {
  readonly leases: readonly Lease[]
  readonly refused: readonly Refusal[]
}
