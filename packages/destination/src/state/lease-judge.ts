import type { Refusal } from '@tidemark/core/engine'
import type { LeaseOptions } from './lease-options.ts'
import type { Int64 } from './state-types.ts'

/** A runner's row, as far as it is there: what is not there is no more. */
export interface Holder {
  readonly id: string | null
  readonly host: string | null
  readonly pid: Int64 | null
  readonly started_at: Int64 | null
  readonly heartbeat_at: Int64 | null
  readonly lease_ms: Int64 | null
}

/** Columns of a runner (alias r) by which it is judged, beside its id. */
export const HOLDER_COLUMNS = ['r.host', 'r.pid', 'r.started_at', 'r.heartbeat_at', 'r.lease_ms'] as const

/** Who holds a lease, for whoever is refused. */
export type HeldBy = Omit<Refusal, 'table'>

/** Judges at one moment whether those who hold leases still live. */
export class LeaseJudge {
  /** The destination's clock. */
  readonly now: bigint
  /** Runners that are no more. */
  readonly dead = new Set<string>()
  readonly #options: LeaseOptions

  constructor(now: bigint, options: LeaseOptions) {
    this.now = now
    this.#options = options
  }

  /** Undefined: the holder is no more. Its own heartbeat says how long its leases last. */
  held({ id, host, pid, started_at, heartbeat_at, lease_ms }: Holder, since: Int64 | null): HeldBy | undefined {
    if (id === null) return undefined
    const until = heartbeat_at === null ? 0n : BigInt(heartbeat_at) + BigInt(lease_ms ?? 0) * 1000n
    if (until >= this.now && !this.dead.has(id)) {
      const other = { id, host: host ?? '', pid: Number(pid), startedAt: BigInt(started_at ?? 0) }
      const { runner, isAlive } = this.#options
      if (id === runner.id || other.host !== runner.host || isAlive?.(other) !== false)
        return { host: other.host, pid: other.pid, since: BigInt(since ?? 0), until }
    }
    this.dead.add(id)
    return undefined
  }
}
