import { SyncError } from '@tidemark/core'
import { type KnownColumn, listedPartitions } from '@tidemark/core/engine'
import { charactersShown, type Reader, sampleRows } from '@tidemark/destination'
import { z } from 'zod'
import type { RowsAnswer } from './list-answers.ts'
import type { RowCounts } from './row-counts.ts'
import type { Snapshot } from './snapshot.ts'
import { tableNamed } from './table-page.ts'

const ROWS = 50
/** Tables with more rows than this are not sorted, and a search looks at so many of them. */
const SORTED = 200_000
/** So many partitions are listed to choose from. */
const PARTITIONS = 200

/** The query parameters of the rows of a table. */
export const RowsQuestion = z.object({
  name: z.string().default(''),
  search: z.string().max(200).default(''),
  column: z.string().max(200).default(''),
  partition: z.string().max(1000).optional(),
})
export type RowsQuestion = z.infer<typeof RowsQuestion>

export interface RowsOptions {
  readonly reader: Reader
  readonly snapshot: Snapshot
  readonly counts: RowCounts
}

/** Some rows of a table, those with a text or of a partition; the newest, if that costs little. */
export async function rows(
  { name, search, column, partition }: RowsQuestion,
  { reader, snapshot, counts }: RowsOptions,
): Promise<RowsAnswer> {
  const table = tableNamed(snapshot, name)
  const own = table.schema?.columns ?? []
  const ids = table.schema?.partitioned === true ? listedPartitions(table).map((one) => one.partition) : []
  const partitions = ids.length <= PARTITIONS ? [...ids].sort() : []
  if (table.present === 'missing' || own.length === 0)
    return { columns: [], isNumber: [], rows: [], isNewest: false, searchedAmong: null, partitions }
  const columns = table.schema?.partitioned === true ? [PARTITION, ...own] : own
  const searched = column === '' ? columns : columns.filter((one) => one.column === column)
  if (searched.length === 0)
    throw new SyncError(`${name} has no column "${column}"`, 'fix-config', { code: 'not-found' })
  const count = await counts.now(table)
  const isSmall = count?.isExact === true && count.rows <= SORTED
  const isNewest = table.schema?.cursor != null && isSmall
  const found = await sampleRows(reader, {
    ...{ table: name, columns, limit: ROWS, newest: isNewest ? true : undefined },
    search: search === '' ? undefined : { text: search, columns: searched, among: SORTED },
    partition: table.schema?.partitioned === true ? partition : undefined,
  })
  const most = charactersShown(columns.length)
  return {
    columns: columns.map((one) => one.column),
    isNumber: columns.map(({ type }) => NUMBERS.has(type)),
    rows: found.map((row) => row.map((value, at) => shown(value, columns[at]?.type, most))),
    isNewest,
    searchedAmong: search === '' || isSmall ? null : SORTED,
    partitions,
  }
}

const PARTITION: KnownColumn = { name: '_partition', column: '_partition', type: 'text' }
const NUMBERS: ReadonlySet<string> = new Set(['integer', 'double', 'numeric'])

function shown(value: unknown, type: string | undefined, most: number): string | number | boolean | null {
  if (value === null || value === undefined) return null
  if (type === 'bytes') return `${String(value)} bytes`
  // SQLite keeps them as 0 and 1.
  if (type === 'boolean') return value === true || value === 1
  // As texts: exact values stay exact, and NaN is not JSON.
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : cut(String(value), most)
}

/** By characters, as the database truncates. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}…`
}
