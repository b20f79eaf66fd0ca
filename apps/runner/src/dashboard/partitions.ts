import { type CommandText, isFailing, type PartitionState, union } from '@tidemark/core/engine'
import { fixOf } from '../show/fix.ts'
import type { Fix } from '../show/fix-text.ts'
import type { PartitionLine, PartitionsAnswer } from './answers.ts'
import { barOf } from './bar.ts'
import { paged } from './paged.ts'
import { millis } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'
import { axisOfTable, overviewsOf } from './table-line.ts'
import { tableNamed } from './table-page.ts'

const PAGE = 50

export interface PartitionsQuestion {
  readonly name: string
  readonly page: number
  readonly search: string
}

/** The partitions of a table, failing ones first, each with its own coverage. */
export function partitions(
  { name, page: wanted, search }: PartitionsQuestion,
  { snapshot, command }: { readonly snapshot: Snapshot; readonly command: CommandText },
): PartitionsAnswer {
  const table = tableNamed(snapshot, name)
  const found = [...table.partitions.values()].filter(({ partition }) =>
    partition.toLowerCase().includes(search.toLowerCase()),
  )
  found.sort((a, b) => rank(a) - rank(b) || (a.partition < b.partition ? -1 : 1))
  const { items, page, pages } = paged(found, wanted, PAGE)
  const lines = items.map((partition): PartitionLine => {
    const alone = { ...table, partitions: new Map([[partition.partition, { ...partition, removedAt: null }]]) }
    const one = overviewsOf({ tables: new Map([[name, alone]]) }, snapshot).get(name)
    const underWay = snapshot.underWay.filter((step) => step.table === name && step.partition === partition.partition)
    const coverage = one?.coverage ?? null
    return {
      partition: partition.partition,
      bar:
        coverage === null
          ? null
          : barOf(
              coverage,
              axisOfTable(alone, snapshot.now),
              underWay.map(({ window }) => window),
            ),
      completeTo: one?.complete_to ?? null,
      failures: partition.failures,
      nextTryAt:
        partition.nextTryAt === null || snapshot.activity.state === 'none' ? null : millis(partition.nextTryAt),
      error: isFailing(partition) ? partition.lastError : null,
      fix: fixFor(name, partition, command),
      isGone: partition.removedAt !== null,
    }
  })
  return { partitions: lines, page, pages, count: found.length }
}

function fixFor(
  table: string,
  { failures, lastError, errorCode, errorRemedy }: PartitionState,
  command: CommandText,
): Fix | null {
  if (failures === 0 || lastError === null) return null
  return fixOf({ table, message: lastError, code: errorCode ?? undefined, remedy: errorRemedy ?? 'retry' }, command)
}

/** Failing ones first, then those with gaps, then the others, then those that the source no longer lists. */
function rank({ removedAt, failures, covered }: PartitionState): number {
  if (removedAt !== null) return 3
  if (failures > 0) return 0
  return union(covered).length > 1 ? 1 : 2
}
