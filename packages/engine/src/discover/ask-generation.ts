import { SyncError } from '@tidemark/core'
import type { PartitionState, Question, Table } from '@tidemark/core/engine'
import type { DiscoveredGeneration, DiscoveredPartition } from './catalog.ts'
import type { Again } from './partition-question.ts'

/** Asks what a source calls the data of a partition, so that data that was replaced as a whole is noticed. */
export async function askGeneration(
  table: Table,
  known: PartitionState | undefined,
  context: Question,
  again: Again,
): Promise<DiscoveredGeneration | undefined> {
  const ask = table.generation
  if (ask === undefined) return undefined
  const previous = known?.generation ?? undefined
  const answer = await again(`the generation of table "${table.name}"`, () => ask({ ...context, previous }))
  if (answer === undefined || answer === null) return undefined
  if (typeof answer === 'string') return { text: answer, regrouped: false }
  const { generation, replaced } = answer as { generation?: unknown; replaced?: unknown }
  if (typeof generation === 'string' && replaced === false) return { text: generation, regrouped: true }
  throw new SyncError(
    `table "${table.name}": generation() must return a string, or { generation, replaced: false }`,
    'fix-source',
  )
}

/** Whether all that was read before is other data by now. */
export function isReplaced({ generation }: DiscoveredPartition, { generation: before }: PartitionState): boolean {
  return generation !== undefined && before !== null && generation.text !== before && !generation.regrouped
}
