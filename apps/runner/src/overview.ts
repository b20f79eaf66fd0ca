import { type Destination, formatInstant, type State, textAt } from '@tidemark/core/engine'
import { countRejects, countRows, listSteps, type StepRecord } from '@tidemark/destination'
import { type Overview, overviewOf } from '@tidemark/engine'
import { isAlive } from './this-runner.ts'

/** What `status` shows: the overview, and what is being read at this moment by any runner. */
export interface Look extends Overview {
  readonly running: readonly RunningStep[]
}

export interface RunningStep {
  readonly run: number
  readonly table: string
  readonly partition: string
  readonly kind: string
  /** The window as text; both null where the partition is read whole. */
  readonly from: string | null
  readonly to: string | null
  readonly attempt: number
  readonly began_at: string
  readonly rows_read: number
}

/** Counts of rows that hold as long as nothing was synced since. */
type Counted = Map<string, { readonly at: bigint | null; readonly rows: number; readonly isExact: boolean }>

/** Looks at a destination, again and again at little cost: rows are counted anew only where something was synced. */
export function looker(destination: Destination): () => Promise<Look> {
  const counted: Counted = new Map()
  return async () => {
    const state = await destination.state()
    const running = await listSteps(destination, { running: true, limit: 1000, isAlive })
    await countInto(counted, { destination, state, busy: new Set(running.map(({ table }) => table)) })
    const [now, rejects] = [await destination.now(), await countRejects(destination)]
    return {
      ...overviewOf(state, { now, rows: counted, rejects }),
      running: running.map((step) => runningStep(step, state)),
    }
  }
}

/** Whoever looks does not want to wait: the more tables, the sooner counting stops in each. */
const COUNTED_IN_ALL = 20_000_000
const MOST = 1_000_000
const LEAST = 20_000

interface Counting {
  readonly destination: Destination
  readonly state: State
  readonly busy: ReadonlySet<string>
}

async function countInto(counted: Counted, { destination, state, busy }: Counting): Promise<void> {
  const most = Math.min(MOST, Math.max(LEAST, Math.floor(COUNTED_IN_ALL / Math.max(1, state.tables.size))))
  for (const { name, lastSyncedAt: at, present } of state.tables.values()) {
    const known = counted.get(name)
    if (known !== undefined && known.at === at && !busy.has(name)) continue
    counted.delete(name)
    if (present === 'empty') counted.set(name, { at, rows: 0, isExact: true })
    if (present !== 'rows') continue
    // A table that goes in this moment, or whose columns a hand has changed, is shown without a count.
    const count = await countRows(destination, name, { most }).catch(() => undefined)
    if (count !== undefined) counted.set(name, { at, ...count })
  }
}

function runningStep(step: StepRecord, state: State): RunningStep {
  const cursor = state.tables.get(step.table)?.facts?.cursor
  const text = (position: bigint | undefined): string | null =>
    position === undefined || cursor == null
      ? null
      : textAt(position, { type: cursor.type, precision: cursor.precision ?? undefined })
  return {
    run: step.run,
    table: step.table,
    partition: step.partition,
    kind: step.kind,
    from: text(step.window?.from),
    to: text(step.window?.to),
    attempt: step.attempt,
    began_at: formatInstant(step.beganAt, 'Z', 3),
    rows_read: step.rows.read,
  }
}
