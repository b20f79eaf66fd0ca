import { columnsOf, isBinaryPage, type Range, rowsOfBinary, type Table, windowAt } from '@tidemark/core/engine'
import type { z } from 'zod'
import type { OnePartition, Opened } from './opened.ts'
import type { ReadRow } from './reading.ts'
import { cut, textOf } from './row-text.ts'

interface BinaryReading {
  readonly partition: OnePartition
  /** Undefined where the table has no cursor. */
  readonly range: Range | undefined
  /** The rows that it yields without them. */
  readonly all: readonly ReadRow[]
}

/** So many rows are compared. */
const MAX_ROWS_COMPARED = 10_000

/**
 * What is wrong with the binary pages of a table, which are to hold the rows that it yields without them. Like the engine
 * this asks for them where nothing is made of its values; a table may answer with rows.
 */
export async function binaryProblem(
  opened: Opened,
  table: Table,
  { partition, range, all }: BinaryReading,
): Promise<string | undefined> {
  const columns = columnsOf(table.row as z.ZodObject)
  const { cursor } = table
  if (!columns.every(({ plain }) => plain?.kind === 'column')) return undefined
  const binary = columns.map(({ name, type }) => ({ name, type }))
  const known = new Set(all.map(({ raw }) => textOf(raw)))
  let count = 0
  const bounds = cursor === undefined || range === undefined ? {} : windowAt(range, cursor)
  const question = opened.question({ partition: partition.value, ...bounds, binary }, opened.signal)
  for await (const page of table.read(question)) {
    if (!isBinaryPage(page)) return undefined
    for (let at = 0; at < rowsOfBinary(page) && count < MAX_ROWS_COMPARED; at++, count++) {
      const text = textOf(page.row(at))
      if (!known.has(text))
        return `a binary page has the row ${cut(text)}, which read() does not yield without \`binary\``
    }
    if (count === MAX_ROWS_COMPARED) return undefined
  }
  return count === all.length
    ? undefined
    : `binary pages have ${count} rows, and read() yields ${all.length} without \`binary\``
}
