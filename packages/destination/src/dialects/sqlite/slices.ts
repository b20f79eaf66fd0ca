import { setImmediate } from 'node:timers/promises'
import type { Reject } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { rejectOf } from '../../rows/refused.ts'
import { dataColumns } from '../../table/columns.ts'
import { decode } from '../../values/decode.ts'
import { stagingTable } from './statements.ts'
import { refusesIn, type Target } from './target.ts'

/** How many staged rows one statement moves; between two of them the process does what else it has to. */
const SIZE = 50_000
const LAST = 2n ** 63n - 1n

/** A stretch of a staging table's row numbers, both ends included. */
interface Slice {
  readonly first: bigint
  readonly last: bigint
}

/**
 * Moves the rows of a staging table slice by slice. Where the database refuses a slice, its rows are tried one by one,
 * and those that it refuses become rejects.
 *
 * @param insert moves one slice and says how many rows it changed.
 */
export async function moveSliced(
  target: Target,
  slot: number,
  insert: (first: bigint, last: bigint) => number,
): Promise<{ readonly written: number; readonly rejects: readonly Reject[] }> {
  const refuses = refusesIn(target.raw)
  const rejects: Reject[] = []
  let written = 0
  for await (const slice of slices(target, slot)) {
    try {
      written += target.whole(() => insert(slice.first, slice.last))
    } catch (error) {
      if (!refuses(error)) throw error
      for (const number of rowNumbers(target, slot, slice)) {
        try {
          written += target.whole(() => insert(number, number))
        } catch (refusal) {
          if (!refuses(refusal)) throw refusal
          rejects.push(rejectOf(target.layout, stagedRow(target, slot, number), refusal, decode))
        }
      }
    }
  }
  return { written, rejects }
}

async function* slices(target: Target, slot: number): AsyncGenerator<Slice> {
  const next = () =>
    sql`select max(r) from (select _rowid_ as r from ${stagingTable(slot)} where _rowid_ >= :first order by _rowid_ limit :size)`
  for (let first = -LAST - 1n; ; ) {
    const last = target.all(`slice @${slot}`, next, { first, size: SIZE })[0]?.[0]
    if (typeof last !== 'bigint') return
    yield { first, last }
    if (last === LAST) return
    first = last + 1n
    await setImmediate()
  }
}

function rowNumbers(target: Target, slot: number, { first, last }: Slice): readonly bigint[] {
  const numbers = () =>
    sql`select _rowid_ from ${stagingTable(slot)} where _kind = 0 and _rowid_ >= :first and _rowid_ <= :last order by _rowid_`
  return target.all(`numbers @${slot}`, numbers, { first, last }).map(([number]) => number as bigint)
}

function stagedRow(target: Target, slot: number, row: bigint): readonly unknown[] {
  const columns = sql.join([...dataColumns(target.layout), '_cursor'].map((name) => sql.id(name)))
  return target.all(`row @${slot}`, () => sql`select ${columns} from ${stagingTable(slot)} where _rowid_ = :row`, {
    row,
  })[0]!
}
