import { type Range, textAt, union } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'
import type { RunEvent, TableWork } from '../report/event.ts'
import { type Axis, axisOf, placeOn, segmentsOn } from '../report/timeline.ts'
import type { PartitionRun, TableRun } from './table-run.ts'

/** What a run has to do for a table. */
export function workOf(table: TableRun): TableWork {
  const { name, planned, known, partitions } = table
  const { cursor } = planned.discovered.table
  const axis = lineOf(table)
  const coverages = partitions.map(({ id }) => union(known?.partitions.get(id)?.covered ?? []))
  return {
    table: name,
    source: planned.discovered.source.name,
    partitions: partitions.length,
    steps: table.stepsLeft,
    untilEmpty: table.untilEmpty,
    coverage:
      axis === undefined || cursor === undefined
        ? undefined
        : {
            from: isOpen(table) ? undefined : textAt(axis.from, cursor),
            to: textAt(axis.to, cursor),
            segments: segmentsOn(axis, coverages),
          },
  }
}

/** The index of a step among those of its table. */
export function placeOf(
  { window }: Step,
  { table }: PartitionRun,
  index: number,
): Pick<RunEvent & { readonly type: 'step-started' }, 'window' | 'span' | 'index' | 'of' | 'untilEmpty'> {
  const { cursor } = table.planned.discovered.table
  const axis = window === undefined ? undefined : lineOf(table)
  return {
    window:
      window === undefined || cursor === undefined
        ? undefined
        : { from: window.from === undefined ? undefined : textAt(window.from, cursor), to: textAt(window.to, cursor) },
    span:
      axis === undefined || window === undefined
        ? undefined
        : { from: startOn(axis, window, table), to: placeOn(axis, window.to) },
    index,
    of: Math.max(index, table.stepsDone + table.stepsLeft),
    untilEmpty: table.untilEmpty,
  }
}

/** What stands for all that is below the windows of a backfill without a start: a line must not be full before that is read. */
const BELOW_ALL = 0.05

function startOn(axis: Axis, { from }: Range, table: TableRun): number {
  if (from === undefined) return 0
  return isOpen(table) ? Math.max(BELOW_ALL, placeOn(axis, from)) : placeOn(axis, from)
}

function isOpen({ partitions }: TableRun): boolean {
  return partitions.some(({ planned: { wanted } }) => wanted !== undefined && wanted.from === undefined)
}

const LINES = new WeakMap<TableRun, { readonly axis: Axis | undefined }>()

/** The line that a table's coverage is drawn on: from where it is wanted to the end of this run. */
function lineOf(table: TableRun): Axis | undefined {
  const known = LINES.get(table)
  if (known !== undefined) return known.axis
  const wanted = table.partitions.flatMap(({ planned }) => planned.wanted ?? [])
  const present = wanted.reduce<bigint | undefined>(
    (end, { to }) => (end === undefined || to > end ? to : end),
    undefined,
  )
  const coverages = table.partitions.map(({ id }) => union(table.known?.partitions.get(id)?.covered ?? []))
  const starts = wanted.map(({ from }) => from)
  const axis = wanted.length === 0 ? undefined : axisOf({ starts, coverages, present })
  LINES.set(table, { axis })
  return axis
}
