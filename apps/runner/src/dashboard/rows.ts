import { charactersShown, type Reader, sampleRows } from '@tidemark/destination'
import type { RowsAnswer } from './answers.ts'
import type { RowCounts } from './row-counts.ts'
import type { Snapshot } from './snapshot.ts'
import { tableNamed } from './table-page.ts'

const ROWS = 50
/** Tables with more rows than this are not sorted. */
const SORTED = 200_000

/** Some rows of a table: the newest, if that costs little. */
export async function rows(
  name: string,
  { reader, snapshot, counts }: { readonly reader: Reader; readonly snapshot: Snapshot; readonly counts: RowCounts },
): Promise<RowsAnswer> {
  const table = tableNamed(snapshot, name)
  const columns = table.schema?.columns ?? []
  if (table.present === 'missing' || columns.length === 0) return { columns: [], rows: [], isNewest: false }
  const count = await counts.now(table)
  const isSmall = count?.isExact === true && count.rows <= SORTED
  const isNewest = table.schema?.cursor != null && isSmall
  const found = await sampleRows(reader, { table: name, columns, limit: ROWS, newest: isNewest ? true : undefined })
  const most = charactersShown(columns.length)
  return {
    columns: columns.map(({ column }) => column),
    rows: found.map((row) => row.map((value, at) => shown(value, columns[at]?.type, most))),
    isNewest,
  }
}

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
