import type { Session } from '../dialects/dialect.ts'
import type { EncodedRows, Loaded } from '../dialects/encoded-rows.ts'

/**
 * Loads rows; where the database refuses some, halves of them, until those that it refuses alone are found: in the order
 * of k log n loads for k of n rows.
 */
export async function loadHalving(
  session: Pick<Session, 'attempt'>,
  table: string,
  rows: EncodedRows,
  load: (rows: EncodedRows) => Promise<number>,
): Promise<Loaded> {
  if (rows.length === 0) return { written: 0, refused: [] }
  const tried = await session.attempt(table, () => load(rows))
  if (tried.ok) return { written: tried.value, refused: [] }
  if (rows.length === 1) return { written: 0, refused: [{ row: rows[0]!, error: tried.error }] }
  const middle = rows.length >> 1
  const first = await loadHalving(session, table, rows.slice(0, middle), load)
  const second = await loadHalving(session, table, rows.slice(middle), load)
  return { written: first.written + second.written, refused: [...first.refused, ...second.refused] }
}
