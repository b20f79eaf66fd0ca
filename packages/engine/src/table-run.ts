import {
  type Coverage,
  type Lease,
  type Prepared,
  type Refusal,
  type TableState,
  type TableStatus,
  union,
} from '@tidemark/core/engine'
import type { Failure } from './failure.ts'
import type { Lateness } from './lateness.ts'
import type { PlannedPartition, PlannedTable, Step } from './plan.ts'
import { addRows, NO_ROWS, type PartitionFailure, type RowCounts, type TableReport } from './report.ts'
import type { LeftOut } from './step-task.ts'
import { unreadOf } from './unread.ts'

/** What happens to one table in a run. */
export class TableRun {
  readonly planned: PlannedTable
  readonly known: TableState | undefined
  readonly partitions: readonly PartitionRun[]
  lease: Lease | undefined
  heldBy: Refusal | undefined
  prepared: Prepared | undefined
  rows: RowCounts = NO_ROWS
  stepsDone = 0
  /** Steps that were begun, without those that are tried again. */
  stepsBegun = 0
  /** Planned steps that were not begun, and steps at work. */
  tasksLeft = 0
  atWork = 0
  /** Windows of nothing but bad rows were tried once more. */
  triedUnfit = false
  /** Nothing more is done with it in this run. */
  isReleased = false
  /** The status as the state has it. */
  recorded: TableStatus | undefined
  durationMs = 0
  /** What its lookback found. */
  late: Lateness | undefined
  /** It fails, and this run does not try what failed. */
  staysFailing = false
  /** Marked or replaced away, for the deletion limit. */
  gone = 0
  failures: readonly PartitionFailure[] = []
  /** Fields of its rows that no column holds. */
  readonly undeclared = new Set<string>()

  constructor(planned: PlannedTable, known: TableState | undefined) {
    this.planned = planned
    this.known = known
    this.recorded = known?.status
    this.partitions = planned.partitions.map((partition) => new PartitionRun(this, partition))
  }

  get name(): string {
    return this.prepared?.name ?? this.planned.name
  }

  fail(partition: string, failure: Failure): void {
    this.failures = [...this.failures, { partition, failure }]
  }

  /** A failure that was overcome in this run. */
  unfail(failure: Failure): void {
    this.failures = this.failures.filter((one) => one.failure !== failure)
  }

  add(rows: Partial<RowCounts>): void {
    this.rows = addRows(this.rows, rows)
  }

  get stepsLeft(): number {
    return this.partitions.reduce((sum, partition) => sum + partition.left, 0)
  }

  /** The status as it stands, when `done` more history steps are taken as done. */
  status(done = 0): TableStatus {
    if (this.planned.pausedFor !== undefined) return 'paused'
    if (this.failures.length > 0 || this.staysFailing) return 'failing'
    const left = this.partitions.reduce((sum, partition) => sum + partition.historyLeft, 0)
    return left - done > 0 ? 'history' : 'live'
  }

  report(): TableReport {
    const { surveyed } = this.planned
    return {
      name: this.name,
      source: surveyed.use.name,
      table: surveyed.table.name,
      status: this.status(),
      pausedFor: this.planned.pausedFor,
      rows: this.rows,
      late: this.late,
      stepsDone: this.stepsDone,
      stepsLeft: this.stepsLeft,
      unread: unreadOf(this),
      failures: this.failures,
      heldBy: this.heldBy,
      durationMs: Math.round(this.durationMs),
    }
  }
}

/** What happens to one partition in a run. */
export class PartitionRun {
  readonly table: TableRun
  readonly planned: PlannedPartition
  /** Steps that are planned and not committed. */
  left: number
  historyLeft: number
  /** Of them, those that keep it live. */
  liveLeft: number
  failed = false
  /** It failed, and nothing more of it is tried in this run. */
  stopped = false
  /** Windows that failed because their rows did not fit or come back, and how many rows were rejected in them. */
  unfit: { readonly step: Step; readonly failure: Failure }[] = []
  wasted = 0
  /** Rows were written. */
  landed = false
  /** Steps that are committed. */
  readonly finished: Step[] = []
  /** Rows of a window that was read again came back. */
  cameBack = false
  /** What this run reads again of it. */
  readonly rereads: Coverage
  /** Rows that its steps left out for their cursor; undefined: none was read to its end. */
  leftOut: { readonly tooYoung: number; readonly withoutCursor: number } | undefined
  /** Where a clock that went ahead was stopped in this run. */
  stoppedAt: bigint | undefined
  /** Where its next live step goes on: all below is covered or planned. Undefined where the end is not known. */
  coveredTo: bigint | undefined

  constructor(table: TableRun, planned: PlannedPartition) {
    this.table = table
    this.planned = planned
    this.left = planned.steps.length
    this.rereads = union(
      planned.steps.flatMap(({ kind, read }) => (kind === 'reread' && read !== undefined ? [read] : [])),
    )
    this.historyLeft = planned.steps.filter((step) => step.lane === 'history').length
    this.liveLeft = this.left - this.historyLeft
    this.coveredTo = last(planned.goesOnFrom, planned.wanted?.from, planned.wanted?.to)
  }

  get id(): string {
    return this.planned.surveyed.id
  }

  /** What a step left out. Rows above its window are too young where it ends at the end of all. */
  leaveOut({ window, lane }: Step, { above, withoutCursor, undeclared }: LeftOut): void {
    for (const name of undeclared) this.table.undeclared.add(name)
    if (window === undefined) return
    const isNewest = lane === 'live' || window.to === this.planned.surveyed.end
    const before = this.leftOut ?? { tooYoung: 0, withoutCursor: 0 }
    this.leftOut = {
      tooYoung: isNewest ? above : before.tooYoung,
      // A source that bounds nothing gives them with every window.
      withoutCursor: Math.max(before.withoutCursor, withoutCursor),
    }
  }

  /** A step is committed: up to where it went. */
  finish(step: Step): void {
    const { window } = step
    const to = this.stoppedAt
    const isShorter = window !== undefined && to !== undefined && window.to > to
    this.finished.push(isShorter ? { ...step, window: { from: window.from, to } } : step)
  }

  /** A clock went ahead: nothing above this has come, whatever was planned. */
  stopAt(present: bigint): void {
    this.stoppedAt = present
    if (this.coveredTo !== undefined && this.coveredTo > present) this.coveredTo = present
  }
}

function last(...positions: readonly (bigint | undefined)[]): bigint | undefined {
  return positions.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}
