import { INT64_MAX } from '@tidemark/core/values'
import type { Asked } from '../database.ts'
import { greatest, wholeNumber } from '../exact.ts'
import type { FoundTable } from '../found-table.ts'
import { greatestQuery, greatestReadable } from '../integer-limit.ts'
import { waitForTransactions } from '../wait-for-transactions.ts'
import { dialect } from './read.ts'
import type { TextRow } from './session.ts'
import { LAST_DRAWN, WRITERS } from './transactions.ts'

export interface IntegerQuestion extends Asked {
  readonly ask: (sql: string, values: readonly unknown[], signal: AbortSignal) => Promise<TextRow[]>
  readonly stubborn: Set<string>
}

/**
 * One more than the greatest integer, once whoever may hold a smaller one has ended. The greatest is taken first: a
 * transaction that ends between the two questions is then seen by its rows, one that begins draws a greater number.
 */
export async function integerEnd(
  table: FoundTable,
  column: string,
  { ask, stubborn, signal, log }: IntegerQuestion,
): Promise<bigint | undefined> {
  const found = await greatestReadable(
    async (below) => {
      const [row] = await ask(greatestQuery({ table, column }, dialect, below), [], signal)
      return row?.[0] == null ? undefined : wholeNumber(row[0])
    },
    { table, column, log },
  )
  const concerned = [table.details['oid'], column]
  const [drawn] = await ask(LAST_DRAWN, concerned, signal)
  const last = [found, drawn?.[0]].flatMap((value) => (value == null ? [] : [BigInt(value)]))
  // A sequence that has given out its very last number says nothing any more.
  const known = last.filter((value) => value < INT64_MAX)
  if (known.length === 0) return undefined
  const list = async () =>
    (await ask(WRITERS, concerned, signal)).map(([transaction, pid]) => `${pid ?? 'prepared'} ${transaction}`)
  const left = await waitForTransactions(list, { signal, stubborn, now: () => performance.now() })
  if (left.length > 0) {
    log.warn(
      `${table.name}: Tidemark reads nothing new, because a transaction that may hold smaller values of "${column}" has been open for more than 10 s (process ${left[0]!.split(' ')[0]}); it reads on once that transaction has ended`,
    )
    return undefined
  }
  return greatest(known) + 1n
}
