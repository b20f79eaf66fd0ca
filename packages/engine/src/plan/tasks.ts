import { writtenPosition } from './asked-window.ts'
import type { PlannedTable } from './planned-table.ts'
import type { Step } from './step.ts'

/** What a run of its own can do of a plan: a window of a table, or a table that is read whole. */
export interface TaskPlan {
  readonly table: string
  /** '' where the table has none, or is read whole. */
  readonly partition: string
  readonly lane: Step['lane']
  readonly kind: Step['kind']
  /** As `tidemark sync --from --to` takes them, exactly; undefined: open, or the table is read whole. */
  readonly from: string | undefined
  readonly to: string | undefined
}

export interface TaskPlans {
  /** The first of them, as they would be run: incremental before backfill, partitions in turn, the newest window first. */
  readonly tasks: readonly TaskPlan[]
  /** How many more there are. */
  readonly moreTasks: number
}

const MAX_TASKS_LISTED = 10_000
const LANES = ['current', 'backfill'] as const

/** A plan as tasks that can be handed out. What a source calls unchanged is not a task: there is nothing to read. */
export function tasksOf(tables: readonly PlannedTable[]): TaskPlans {
  const lists = LANES.map((lane) => tables.flatMap((table) => listsOf(table, lane)))
  const count = lists.flat().reduce((sum, list) => sum + list.count, 0)
  const tasks = Iterator.from(inTurn(lists)).take(MAX_TASKS_LISTED).toArray()
  return { tasks, moreTasks: count - tasks.length }
}

interface TaskList {
  readonly count: number
  readonly tasks: Iterator<TaskPlan>
}

function listsOf(table: PlannedTable, lane: Step['lane']): readonly TaskList[] {
  const { cursor } = table.discovered.table
  if (cursor === undefined) return wholeTable(table, lane)
  const bound = (position: bigint | undefined): string | undefined =>
    position === undefined ? undefined : writtenPosition(position, cursor)
  return table.partitions.map(({ steps: all }) => {
    const steps = all.only(({ kind }) => kind !== 'unchanged')
    return {
      count: steps.countIn((span) => span.lane === lane),
      tasks: steps.inLane(lane).map(({ partition, kind, window }) => ({
        ...{ table: table.name, partition, lane, kind },
        from: bound(window?.from),
        to: bound(window?.to),
      })),
    }
  })
}

/** One task, whatever its partitions: those of a table are read whole together. */
function wholeTable({ name, partitions }: PlannedTable, lane: Step['lane']): readonly TaskList[] {
  const spans = partitions.flatMap(({ steps }) => steps.spans)
  const isFirst = spans.some((span) => span.lane === 'backfill')
  if (spans.length === 0 || (isFirst ? 'backfill' : 'current') !== lane) return []
  const task = { table: name, partition: '', lane, kind: 'full_refresh' as const, from: undefined, to: undefined }
  return [{ count: 1, tasks: [task].values() }]
}

/** One of each list after another, lane by lane, until all are empty. */
function* inTurn(lanes: readonly (readonly TaskList[])[]): Generator<TaskPlan> {
  for (const lane of lanes) {
    let open = lane.map(({ tasks }) => tasks)
    while (open.length > 0) {
      const left: Iterator<TaskPlan>[] = []
      for (const list of open) {
        const next = list.next()
        if (next.done === true) continue
        left.push(list)
        yield next.value
      }
      open = left
    }
  }
}
