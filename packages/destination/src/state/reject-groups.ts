import type { Destination } from '@tidemark/core/engine'
import { literal, whole } from '../values/literal.ts'
import { timesIn } from './rejects.ts'

/** Rejected rows of a table with the same reason. */
export interface RejectGroup {
  /** Why, without the value that did not fit. */
  readonly reason: string
  readonly code: string
  /** How many rows. */
  readonly times: number
  /** When the newest was rejected, in microseconds since 1970. */
  readonly newestAt: bigint
}

/** Messages are counted up to so many different ones. */
const MESSAGES = 5000

/** Why the rows of a table are rejected, the most frequent reason first. */
export async function groupRejects(
  destination: Pick<Destination, 'query'>,
  table: string,
): Promise<readonly RejectGroup[]> {
  const { rows } = await destination.query(
    `select r.code, r.message, cast(sum(${await timesIn(destination, 'r')}) as bigint), max(r.rejected_at) from _tidemark_rejects r
      where r.name = ${literal(table)} group by r.code, r.message order by 3 desc limit ${whole(MESSAGES)}`,
  )
  const groups = Map.groupBy(rows, ([code, message]) => `${code}\0${reasonOf(String(message))}`)
  return [...groups.values()]
    .map((same): RejectGroup => {
      const [code, message] = same[0]!
      return {
        reason: reasonOf(String(message)),
        code: String(code),
        times: same.reduce((sum, [, , times]) => sum + Number(times), 0),
        newestAt: same.reduce(
          (newest, [, , , at]) => (BigInt(at as bigint) > newest ? BigInt(at as bigint) : newest),
          0n,
        ),
      }
    })
    .sort((a, b) => b.times - a.times)
}

/** A message without the value in it, which is another one in every row. */
export function reasonOf(message: string): string {
  return message
    .replace(/,? (?:received|such as|got) .*$/s, '')
    .replace(/"(?:[^"\\]|\\.){25,}"/g, '"…"')
    .replace(/\b\d{4,}\b/g, '…')
}
