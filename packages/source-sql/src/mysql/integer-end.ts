import { INT64_MAX } from '@tidemark/core/values'
import type { Asked } from '../database.ts'
import { greatest, wholeNumber } from '../exact.ts'
import type { FoundTable } from '../found-table.ts'
import { greatestQuery, greatestReadable } from '../integer-limit.ts'
import { waitForTransactions } from '../wait-for-transactions.ts'
import { dialect } from './read.ts'
import { type RawRow, text } from './session.ts'

export interface IntegerQuestion extends Asked {
  readonly ask: (query: string, values: readonly unknown[]) => Promise<readonly RawRow[]>
  /** Transactions that are open and may hold smaller numbers. */
  readonly writers: () => Promise<readonly string[]>
  readonly stubborn: Set<string>
}

/** One more than the greatest integer of a column, once whoever may hold a smaller one has ended. */
export async function integerEnd(
  table: FoundTable,
  column: string,
  { ask, writers, stubborn, signal, log }: IntegerQuestion,
): Promise<bigint | undefined> {
  const found = await greatestReadable(
    async (below) => {
      const [row] = await ask(greatestQuery({ table, column }, dialect, below), [])
      return row?.[0] == null ? undefined : wholeNumber(text(row[0])!)
    },
    { table, column, log },
  )
  // The counter does not go back when the newest rows are deleted.
  const [counter] =
    table.details['auto'] === column
      ? await ask('SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?', [
          table.schema,
          table.relation,
        ])
      : []
  const next = counter?.[0] == null ? undefined : BigInt(text(counter[0])!)
  const ends = [
    ...(found === undefined ? [] : [found + 1n]),
    // A counter that cannot go on says nothing any more.
    ...(next === undefined || next >= INT64_MAX ? [] : [next]),
  ]
  if (ends.length === 0) return undefined
  const left = await waitForTransactions(writers, { signal, stubborn, now: () => performance.now() })
  if (left.length > 0) {
    log.warn(
      `${table.name}: Tidemark reads nothing new, because a transaction that may hold smaller values of "${column}" has been open for more than 10 s (connection ${left[0]!.split(' ')[0]}); it reads on once that transaction has ended`,
    )
    return undefined
  }
  return greatest(ends)
}
