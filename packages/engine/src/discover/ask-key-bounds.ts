import { SyncError } from '@tidemark/core'
import { positionOf, type Question } from '@tidemark/core/engine'
import type { DiscoveredKeyRanges } from './catalog.ts'
import type { PartitionQuestion } from './partition-question.ts'

/** The most ranges of a full refresh: of more places to cut only some count. */
const MOST_RANGES = 10_000

/** Asks a table without a cursor where its full refresh is cut; undefined: it is one read. */
export async function askKeyBounds(
  { table, known, schemaHash, again }: PartitionQuestion,
  context: Question,
): Promise<DiscoveredKeyRanges | undefined> {
  const { keyRanges } = table
  if (keyRanges === undefined) return undefined
  const { column, bounds } = keyRanges
  // Stored as another type, such as a text, the column's order is not that of its numbers.
  const stored = known?.schema?.columns.find(({ name }) => name === column.column)?.type
  if (stored !== undefined && stored !== 'integer') return undefined
  const answer = await again(`the key ranges of table "${table.name}"`, async () =>
    boundsIn(await bounds(context), table),
  )
  const sorted = [...new Set(answer)].sort((a, b) => (a < b ? -1 : 1))
  const every = Math.ceil(sorted.length / (MOST_RANGES - 1))
  const some = every > 1 ? sorted.filter((_, at) => at % every === 0) : sorted
  return some.length === 0 ? undefined : { bounds: some, schemaHash }
}

function boundsIn(answer: unknown, { name }: PartitionQuestion['table']): readonly bigint[] {
  if (answer === undefined || answer === null) return []
  if (typeof answer !== 'object' || !(Symbol.iterator in answer))
    throw new SyncError(
      `table "${name}": keyRanges.bounds() must return integers, as in [1000n, 2000n], or undefined`,
      'fix-source',
    )
  return Array.from(answer as Iterable<unknown>, (value) => {
    const position = positionOf(value, 'integer')
    if (position === undefined)
      throw new SyncError(
        `table "${name}": keyRanges.bounds() returned ${String(value)}, which is not an integer of 64 bits`,
        'fix-source',
      )
    return BigInt(position)
  })
}
