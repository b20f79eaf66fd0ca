import {
  type Coverage,
  type Lease,
  type Prepared,
  type Refusal,
  type TableState,
  type TableStatus,
  union,
} from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import type { Failure } from '../failure/failure.ts'
import type { PlannedPartition, PlannedTable } from '../plan/planned-table.ts'
import type { Step } from '../plan/step.ts'
import { hasTooMany } from '../plan/too-many-windows.ts'
import { undeclaredWith } from '../plan/unread.ts'
import type { Lateness } from '../report/lateness.ts'
import { addRows, NO_ROWS, type PartitionFailure, type RowCounts } from '../report/report.ts'
import { Sequence } from '../time/sequence.ts'
import { highest, lowest } from './extremes.ts'
import { FailedRanges } from './failed-ranges.ts'
import { FedProgress } from './fed-progress.ts'
import { type LeftOutRows, leftOutWith } from './left-out-rows.ts'
import { OpenRange } from './open-range.ts'
import { type OtherPartitions, otherPartitions } from './other-partitions.ts'
import { RefreshProgress } from './refresh-progress.ts'
import { ShapeGate } from './shape-gate.ts'
import { StepLeases } from './step-leases.ts'
import type { LeftOut } from './step-task.ts'

/** What happens to one table in a run. */
export class TableRun {
  readonly planned: PlannedTable
  readonly known: TableState | undefined
  readonly partitions: readonly PartitionRun[]
  lease: Lease | undefined
  /** Of a run of a range: a lease for each of its partitions, of which `lease` is one. */
  windowLeases: ReadonlyMap<string, Lease> = new Map()
  readonly stepLeases = new StepLeases()
  /** Steps that mark or replace rows do so one after another, each knowing what came back with those before; key ranges need not. */
  readonly deleting = new Sequence()
  heldBy: Refusal | undefined
  /** Whoever planned it reads it in another way. */
  isPlannedOtherwise = false
  prepared: Prepared | undefined
  /** As its source gives it now: where it is read, further columns may be found. */
  discovered: DiscoveredTable
  reshapes = 0
  readonly gate = new ShapeGate()
  /** Of the columns that were found: what a committed revision holds for. */
  schemaHash: string | undefined
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
  /** Somebody has locked it in the destination: it is prepared a little later. */
  isLocked = false
  /** Why it is paused until someone decides; undefined: it is not. */
  pausedFor: string | undefined
  readonly fed: FedProgress
  isAnnounced = false
  /** The status as the state has it. */
  recorded: TableStatus | undefined
  durationMs = 0
  /** What its lookback found. */
  lateness: Lateness | undefined
  /** When its source was asked, as it was recorded in this run. */
  checkedAt: bigint | undefined
  reportsDeletions = false
  /** When the first of its steps began. */
  beganAt: bigint | undefined
  /** Rows that earlier runs marked in the full refreshes that this one resumes. */
  readonly deletedBefore: number
  failures: readonly PartitionFailure[] = []
  /** Fields of its rows in this run that no column holds. */
  readonly undeclared = new Set<string>()
  readonly #others: OtherPartitions
  /** This run looks at a range of it, and says nothing of the rest. */
  readonly isRestricted: boolean
  /** Those of all runs, as the state has them. */
  recordedUndeclared: readonly string[]

  constructor(planned: PlannedTable, known: TableState | undefined) {
    this.planned = planned
    this.discovered = planned.discovered
    this.known = known
    this.isRestricted = planned.restrictedTo !== undefined
    this.recorded = known?.status
    this.recordedUndeclared = known?.undeclared ?? []
    this.pausedFor = planned.pausedFor
    this.fed = new FedProgress(planned, known)
    this.partitions = planned.partitions.map((partition) => new PartitionRun(this, partition))
    this.#others = otherPartitions(planned, known)
    this.deletedBefore = this.partitions.reduce((sum, { refresh }) => sum + refresh.deletedBefore, 0)
  }

  get name(): string {
    return this.prepared?.name ?? this.planned.name
  }

  /** All that is to be released. */
  get leases(): readonly Lease[] {
    if (this.lease === undefined) return []
    return this.windowLeases.size > 0 ? [...this.windowLeases.values()] : [this.lease]
  }

  fail(partition: string, failure: Failure): void {
    this.failures = [...this.failures, { partition, failure }]
  }

  /** A failure that was overcome in this run. */
  unfail(failure: Failure): void {
    this.failures = this.failures.filter((one) => one.failure !== failure)
  }

  /** All fields that no column holds, with these, where they are others than the state has. */
  undeclaredWith(names: Iterable<string>): readonly string[] | undefined {
    for (const name of names) this.undeclared.add(name)
    const all = undeclaredWith(this, this.recordedUndeclared)
    return String(all) === String(this.recordedUndeclared) ? undefined : all
  }

  add(rows: Partial<RowCounts>): void {
    this.rows = addRows(this.rows, rows)
  }

  /** Steps that are planned and not committed; at least so many where `untilEmpty` says so. */
  get stepsLeft(): number {
    return this.partitions.reduce((sum, partition) => sum + partition.stepsRemaining, 0)
  }

  get untilEmpty(): boolean {
    return this.partitions.some((partition) => partition.untilEmpty)
  }

  /** The status as it is, when `done` more backfill steps are taken as done, and what failed of `overcome` as overcome. */
  status(done = 0, overcome?: PartitionRun): TableStatus {
    const isFailing =
      this.failures.length > 0 || this.partitions.some((one) => one.failedRanges.isFailing && one !== overcome)
    return (isFailing || this.#others.isFailing) && this.pausedFor === undefined ? 'failing' : this.ownStatus(done)
  }

  /** What it is where nothing of it fails, when `done` more backfill steps are taken as done, and a partition as refreshed. */
  ownStatus(done = 0, refreshed?: PartitionRun): TableStatus {
    if (this.pausedFor !== undefined) return 'paused'
    if (this.discovered.fed !== undefined) return this.fed.isComplete ? 'complete' : 'backfilling'
    const left = this.partitions.reduce((sum, one) => sum + one.historyStepsRemaining + one.historyOutside, 0)
    const startsAgain = (one: PartitionRun) => one !== refreshed && one.refresh.startsAgain(this.schemaHash)
    const isLeft = left - done > 0 || this.partitions.some(startsAgain)
    return isLeft || this.#others.isBackfilling ? 'backfilling' : 'complete'
  }
}

/** What happens to one partition in a run. */
export class PartitionRun {
  readonly table: TableRun
  readonly planned: PlannedPartition
  /** Steps that are planned and not committed. */
  stepsRemaining: number
  historyStepsRemaining: number
  /** Of them, the backfill steps that are left. */
  liveStepsRemaining: number
  /** Backfill steps outside the range that the run is restricted to. */
  readonly historyOutside: number
  failed = false
  /** When its source was last asked for its end, by the destination's clock, and what it answered. */
  asked: { readonly at: bigint | undefined; readonly to: bigint | undefined }
  /** All that it had when it was asked is read. */
  isChecked: boolean
  /** It has more windows than are read. */
  readonly hasTooMany: boolean
  readonly failedRanges: FailedRanges
  /** It failed, and nothing more of it is tried in this run. */
  stopped = false
  /** A commit has said that it is read as a whole: its revision, and that nothing older comes. */
  isClosed = false
  /** A step may have left marked rows that are removed at the end of the pass. */
  mayPurge = false
  /** What of it has no start and is read in windows until one is empty; undefined: nothing. */
  readonly #open: OpenRange | undefined
  /** Windows that failed because their rows did not fit or come back, and how many rows were rejected in them. */
  unfit: { readonly step: Step; readonly failure: Failure }[] = []
  wasted = 0
  /** Rows were written. */
  landed = false
  /** Steps that are committed. */
  readonly finished: Step[] = []
  readonly refresh: RefreshProgress
  /** Rows of a window that was read again came back. */
  cameBack = false
  /** What this run reads again of it. */
  readonly resyncs: Coverage
  /** Rows that its steps left out for their cursor; undefined: none was read to its end. */
  leftOut: LeftOutRows | undefined
  /** Where a clock that went ahead was stopped in this run. */
  stoppedAt: bigint | undefined
  /** Where its next incremental step continues: all below is covered or planned. Undefined if the end is not known. */
  coveredTo: bigint | undefined

  constructor(table: TableRun, planned: PlannedPartition) {
    this.table = table
    this.planned = planned
    this.stepsRemaining = planned.steps.count
    this.resyncs = union(planned.steps.ranges(({ kind }) => kind === 'resync'))
    this.historyStepsRemaining = planned.steps.countIn(({ lane }) => lane === 'backfill')
    this.historyOutside = planned.outside.countIn(({ lane }) => lane === 'backfill')
    this.liveStepsRemaining = this.stepsRemaining - this.historyStepsRemaining
    const open = planned.steps.open
    this.#open = open === undefined ? undefined : new OpenRange(open)
    this.coveredTo = highest(planned.continuesFrom, planned.wanted?.from, planned.wanted?.to)
    this.refresh = new RefreshProgress(planned.refresh)
    // What earlier runs have read of a full refresh is as it was then.
    this.asked = { at: lowest(planned.discovered.askedAt, this.refresh.begunAt), to: planned.wanted?.to }
    const known = table.known?.partitions.get(this.id)
    this.failedRanges = new FailedRanges(known, planned)
    this.isChecked =
      !table.isRestricted &&
      table.planned.discovered.fed === undefined &&
      planned.discovered.failure === undefined &&
      !planned.steps.spans.some(({ windows }) => this.reachesEnd({ window: windows?.range }))
    this.hasTooMany = hasTooMany(planned)
  }

  /** Whether windows are read until one is empty, so that nobody knows yet how many there are. */
  get untilEmpty(): boolean {
    return this.#open !== undefined && !this.#open.isOver
  }

  /** A planned step is in line. */
  handOut(step: Step): void {
    if (this.#open?.has(step) === true) this.#open.handOut(step)
  }

  /** A planned step begins. @returns it as it is to be read by now, and how many steps follow that were not counted before. */
  begin(planned: Step): { readonly step: Step; readonly more: number } {
    const isOurs = this.table.lease !== undefined && this.table.heldBy === undefined
    if (this.#open === undefined || this.stopped || !isOurs || !this.#open.has(planned))
      return { step: planned, more: 0 }
    const step = this.#open.begin(planned)
    const more = this.#open.isOver ? 0 : 1
    this.stepsRemaining += more
    if (step.lane === 'backfill') this.historyStepsRemaining += more
    else this.liveStepsRemaining += more
    return { step, more }
  }

  /** Whether a step reads up to where its source ended when it was asked; a part of what is planned does not. */
  reachesEnd({ window, keyRange }: Pick<Step, 'window' | 'keyRange'>): boolean {
    if (this.table.isRestricted) return false
    if (keyRange !== undefined) return this.refresh.isComplete
    return window === undefined || (this.asked.to !== undefined && window.to >= this.asked.to)
  }

  /** A step is committed. @param hasRows whether any of its rows lie in its window. */
  stepDone(step: Step, hasRows: boolean): void {
    if (!hasRows && this.#open?.has(step) === true) this.#open.foundEmpty()
    this.failedRanges.read(step)
    if (this.reachesEnd(step)) this.isChecked = true
  }

  get id(): string {
    return this.planned.discovered.id
  }

  /** A step is committed, or has nothing to commit: it is no longer among those that remain. */
  countDone({ lane }: Pick<Step, 'lane'>): void {
    this.stepsRemaining--
    if (lane === 'backfill') this.historyStepsRemaining--
    else this.liveStepsRemaining--
  }

  /** What a step left out. Rows above its window are too young where it ends at the end of all. */
  leaveOut({ window, lane }: Step, { above, withoutCursor, undeclared }: LeftOut): void {
    for (const name of undeclared) this.table.undeclared.add(name)
    // What is above a window that the range cuts is not too young.
    if (window === undefined || this.table.isRestricted) return
    const isNewest = lane === 'current' || window.to === this.planned.discovered.end
    this.leftOut = leftOutWith(this.leftOut, { tooYoung: isNewest ? above : undefined, withoutCursor })
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
