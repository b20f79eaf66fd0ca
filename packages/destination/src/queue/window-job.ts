import { createHash } from 'node:crypto'

/**
 * A window that a worker is asked to read, by its ids alone. It is a hint: the worker computes what it reads from the state,
 * once it holds the window's lease.
 */
export interface WindowJob {
  readonly source: string
  readonly table: string
  readonly partition: string
  /** Positions, as in a window. Undefined: open, or a table without a cursor. */
  readonly from: bigint | undefined
  readonly to: bigint | undefined
  readonly lane: 'current' | 'backfill'
}

/** A job that this worker holds. */
export interface HeldJob {
  readonly id: string
  /** Of this one fetch: whoever fetches the job again has another. */
  readonly claim: string
  readonly window: WindowJob
}

/** Why a window is not read: as in the failures of a run. */
export interface WindowFailure {
  readonly message: string
  readonly remedy: string
  readonly code: string | undefined
}

/** The payload of a job, as JSON holds it. */
interface WindowData {
  readonly source: string
  readonly table: string
  readonly partition: string
  readonly from: string | null
  readonly to: string | null
  readonly lane: 'current' | 'backfill'
}

/** Above every backfill, however many windows are behind each other. */
const CURRENT = 1_000_000_000
/** The highest priority of a backfill. */
export const BACKFILL = 0

/**
 * Current before backfill. The newest window of each table comes before the second newest of any, so that tables proceed
 * side by side.
 *
 * @param rank of the window within its table, partition and lane, the newest being 0.
 */
export function priorityOf({ lane }: WindowJob, rank: number): number {
  return (lane === 'current' ? CURRENT : BACKFILL) - Math.min(rank, CURRENT - 1)
}

/**
 * What makes two jobs the same. The current window of a partition ends at another moment each time it is planned, and one
 * is read at a time, so its bounds do not count.
 *
 * @param group what the queue calls its source.
 */
export function keyOf({ table, partition, from, to, lane }: WindowJob, group: string): string {
  const bounds = lane === 'current' ? ['current'] : [String(from ?? ''), String(to ?? '')]
  return createHash('sha256')
    .update(JSON.stringify([group, table, partition, ...bounds]))
    .digest('base64url')
}

export function dataOf({ source, table, partition, from, to, lane }: WindowJob): WindowData {
  return { source, table, partition, from: from?.toString() ?? null, to: to?.toString() ?? null, lane }
}

/** The window of a payload; undefined where it holds something else, as others may send jobs to a queue. */
export function windowOf(data: unknown): WindowJob | undefined {
  const { source, table, partition, from, to, lane } = (data ?? {}) as Partial<Readonly<Record<string, unknown>>>
  if (![source, table, partition].every((name) => typeof name === 'string')) return undefined
  if (![from, to].every((position) => position === null || POSITION.test(String(position)))) return undefined
  if (lane !== 'current' && lane !== 'backfill') return undefined
  const positionOf = (text: unknown) => (text === null ? undefined : BigInt(String(text)))
  return {
    ...{ source: source as string, table: table as string, partition: partition as string },
    ...{ from: positionOf(from), to: positionOf(to), lane },
  }
}

const POSITION = /^-?\d{1,19}$/
