import { type Question, type Unread, windowAt } from '@tidemark/core/engine'
import { failureOf } from '../failure/failure.ts'
import { answered } from '../source/answered.ts'
import type { PartitionQuestion } from './partition-question.ts'

/** A count is no reason to wait for long. */
const COUNT_MS = 10_000

/** Asks how many rows no window up to an end holds. Whatever becomes of it, the partition is read. */
export async function askUnread(
  { table, discovered, options }: PartitionQuestion,
  context: Question,
  end: bigint,
): Promise<Unread | undefined> {
  const { cursor, countUnread } = table
  if (cursor === undefined || countUnread === undefined) return undefined
  const { clock, signal } = options
  const given = new AbortController()
  const { to } = windowAt({ from: undefined, to: end }, cursor)
  const question = { ...context, signal: AbortSignal.any([signal, given.signal]), to } as unknown as Question
  try {
    return unreadIn(
      await answered(
        Promise.try(() => countUnread(question)),
        { clock, signal, ms: COUNT_MS },
      ),
    )
  } catch (error) {
    if (signal.aborted) throw error
    discovered.log.debug(`${table.name}: rows that are not read were not counted`, { cause: failureOf(error).message })
    return undefined
  } finally {
    given.abort(new DOMException('the question is over', 'AbortError'))
  }
}

function unreadIn(answer: unknown): Unread | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { tooYoung, withoutCursor } = answer as { readonly tooYoung?: unknown; readonly withoutCursor?: unknown }
  return { tooYoung: countIn(tooYoung), withoutCursor: countIn(withoutCursor) }
}

function countIn(value: unknown): number | undefined {
  const count = typeof value === 'bigint' ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}
