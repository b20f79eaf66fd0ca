import type { Asked, Reads, Rows } from '../database.ts'
import { isConflict } from './failure.ts'

/** How often a read is begun again without a new row. */
const FRUITLESS = 5

/**
 * Reads on where a standby stopped a read: rows come in the order of the cursor, so those that are left begin with the last
 * one. A row that changed meanwhile has moved up, to where it is still to be read.
 */
export async function* resumed(
  reads: Reads,
  read: (rest: Reads) => AsyncIterable<Rows>,
  { signal, log }: Asked,
): AsyncGenerator<Rows> {
  let rest = reads
  let fruitless = 0
  for (;;) {
    try {
      for await (const rows of read(rest)) {
        yield rows
        const next = behindLast(rest, rows)
        // Many rows of one time are no progress.
        if (next.bounds?.from !== rest.bounds?.from) fruitless = 0
        rest = next
      }
      return
    } catch (error) {
      if (signal.aborted || !isConflict((error as Error).message) || !canResume(reads)) throw error
      if (++fruitless > FRUITLESS) throw error
      log.debug(`${reads.table.name}: a standby stopped the read; it continues where it stopped`)
    }
  }
}

/** Without a key, nothing distinguishes rows that come a second time from others. */
function canResume({ table, bounds }: Reads): boolean {
  return bounds?.ordered === true && table.key.length > 0
}

/** What is left behind the last row of the window; rows without a cursor come before all of it. */
function behindLast(reads: Reads, rows: Rows): Reads {
  const { bounds } = reads
  if (bounds === undefined) return reads
  const row = 'offsets' in rows ? rows.row((rows.offsets.length >> 1) - 1) : rows.at(-1)
  const last = row?.[bounds.column]
  if (typeof last !== 'string' && typeof last !== 'number' && typeof last !== 'bigint') return reads
  const from = typeof last === 'number' ? BigInt(last) : last
  return { ...reads, bounds: { ...bounds, from, nulls: false } }
}
