import type { Batch, Lease } from '@tidemark/core/engine'
import type { Connections, Dialect } from './dialects/dialect.ts'
import type { EarlyInsert } from './dialects/early-insert.ts'
import { isOf, type Staging, type StepId } from './dialects/staging.ts'
import { termsOf } from './rows/step-terms.ts'
import { leaseKey } from './state/lease-turns.ts'

/** Each takes a connection for as long as its step reads. */
const MAX_OPEN = 2
/** Batches that come more slowly leave no work for the end that would be worth a transaction that stays open. */
const PACE_MS = 2000
/** How long one may stay open while nothing comes: whoever waits for it waits no longer. */
const IDLE_MS = 3000

/** A step whose rows are staged. */
interface Following {
  readonly step: StepId
  readonly table: string
  /** When its last batch was staged. */
  at: number
  staging: Staging
  early: EarlyInsert | undefined
  /** What is being inserted. */
  work: Promise<void> | undefined
  isOver: boolean
  idle: NodeJS.Timeout | undefined
}

/**
 * The steps of an open database whose rows are inserted while others are still read. Each is in a staging table, too: where
 * anything is in the way, what was inserted early is rolled back, and the step ends as it would have without.
 */
export class EarlyInserts {
  readonly #connections: Pick<Connections, 'beginEarlyInsert'>
  readonly #dialect: Dialect
  readonly #following = new Map<string, Following>()

  constructor(connections: Pick<Connections, 'beginEarlyInsert'>, dialect: Dialect) {
    this.#connections = connections
    this.#dialect = dialect
  }

  /** Hears that a batch was staged and committed, with its stamp. Waits for nothing. */
  staged(lease: Lease, { step }: Pick<Batch, 'step'>, staging: Staging, now: bigint): void {
    if (this.#connections.beginEarlyInsert === undefined || !mayHaveNone(step, staging)) return
    const key = keyOf(lease, step.partition)
    const at = performance.now()
    const known = this.#following.get(key)
    if (known === undefined) {
      const { table } = lease
      const following = { step, table, at, staging, early: undefined, work: undefined, isOver: false, idle: undefined }
      this.#following.set(key, following)
      return
    }
    const isFast = at - known.at < PACE_MS
    Object.assign(known, { at, staging })
    if (known.isOver || known.work !== undefined) return
    if (known.early === undefined && (!isFast || this.#count() >= MAX_OPEN)) return
    clearTimeout(known.idle)
    known.work = this.#insert(known, step, now).finally(() => {
      known.work = undefined
      if (known.early === undefined) return
      known.idle = setTimeout(() => void giveUp(known), IDLE_MS)
      known.idle.unref()
    })
  }

  /**
   * What the transaction of a batch continues; undefined: it begins as any other. What is open of another step is ended, and
   * so is this one's where the batch does not complete it.
   */
  async of(
    lease: Lease,
    { step, staging, number }: Pick<Batch, 'step' | 'staging' | 'number'>,
  ): Promise<EarlyInsert | undefined> {
    const key = keyOf(lease, step.partition)
    const known = this.#following.get(key)
    if (known === undefined || (staging === 'fill' && number > 1)) return undefined
    if (staging !== 'move' || !isOf(known, step)) {
      await this.stopped(lease, step.partition)
      return undefined
    }
    this.#following.delete(key)
    await known.work
    clearTimeout(known.idle)
    const { early } = known
    known.early = undefined
    return early
  }

  /** Ends that of a step that did not come to its end. */
  async stopped(lease: Lease, partition: string): Promise<void> {
    const key = keyOf(lease, partition)
    const known = this.#following.get(key)
    if (known !== undefined) await this.#end(key, known)
  }

  /** Ends those under leases that are released. */
  async released(leases: readonly Lease[]): Promise<void> {
    const prefixes = leases.map((lease) => keyOf(lease, ''))
    await this.#endWhere((key) => prefixes.some((prefix) => key.startsWith(prefix)))
  }

  /** Whether any is open of a table, or may be. */
  has(table: string): boolean {
    return this.#following.size > 0 && [...this.#following.values()].some((known) => known.table === table)
  }

  /** Ends those of a table that is to be changed; absent: all. */
  async ended(table?: string): Promise<void> {
    await this.#endWhere((_, known) => table === undefined || known.table === table)
  }

  async #endWhere(isMeant: (key: string, known: Following) => boolean): Promise<void> {
    const meant = [...this.#following].filter(([key, known]) => isMeant(key, known))
    await Promise.all(meant.map(([key, known]) => this.#end(key, known)))
  }

  async #end(key: string, known: Following): Promise<void> {
    this.#following.delete(key)
    await giveUp(known)
  }

  #count(): number {
    return [...this.#following.values()].filter(({ early, work }) => early !== undefined || work !== undefined).length
  }

  /** Inserts what is staged by now, and what is staged meanwhile. */
  async #insert(known: Following, step: Batch['step'], now: bigint): Promise<void> {
    try {
      known.early ??= await this.#connections.beginEarlyInsert!(termsOf(this.#dialect, { step }, now))
      for (let last: Staging | undefined; !known.isOver && known.staging !== last; ) {
        last = known.staging
        known.isOver = !(await known.early.insert(last.target, last)) || known.isOver
      }
    } catch {
      // Whatever it is, the step itself meets it, or it has passed by then.
      known.isOver = true
    }
    if (known.isOver) await roll(known)
  }
}

/** Whether the table of a step may have no row beside those that the step reads, and none that is gone or newer. */
function mayHaveNone({ kind, keyRange }: Batch['step'], { target, deletions }: Staging): boolean {
  const { key, globalKey, fed } = target.layout
  return kind === 'full_refresh' && keyRange === undefined && key.length > 0 && !globalKey && !fed && deletions === 0
}

/** Ends what is open of a step, when what is being inserted is done. */
async function giveUp(known: Following): Promise<void> {
  known.isOver = true
  clearTimeout(known.idle)
  await known.work
  await roll(known)
}

async function roll(known: Following): Promise<void> {
  const { early } = known
  known.early = undefined
  await early?.end()
}

const keyOf = (lease: Lease, partition: string): string => `${leaseKey(lease)}\0${partition}`
