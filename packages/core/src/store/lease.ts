/** The runner's identity, for leases and for people. */
export interface Runner {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When the process started, in microseconds, so that a process id used again is not taken for it. */
  readonly startedAt: bigint
}

/** A lease: a table, and the fencing token that stops this runner if another took over. */
export interface Lease {
  readonly id: number
  readonly table: string
  readonly fence: number
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
