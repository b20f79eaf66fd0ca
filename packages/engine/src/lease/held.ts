import { formatInstant, type Refusal } from '@tidemark/core/engine'

/** The most names in a line. */
const MAX_NAMES = 5

const byTime = (a: bigint, b: bigint): number => Number(a - b)
const at = (instant: bigint): string => formatInstant(instant, 'Z', 0)

/** Who holds a table, since when, and until when without a further heartbeat. */
export function heldText({ table, host, pid, since, until }: Refusal): string {
  return `${table} is held by another runner (process ${pid} on ${host}) since ${at(since)}; the lock is released when that run ends, or expires at ${at(until)}`
}

/** The same in one line for all tables that one runner holds. */
export function heldTexts(refusals: readonly Refusal[]): readonly string[] {
  return [...Map.groupBy(refusals, ({ host, pid }) => `${pid}@${host}`).values()].map((held) => {
    const [first] = held as [Refusal, ...Refusal[]]
    if (held.length === 1) return `table ${heldText(first)}`
    const names = held.slice(0, MAX_NAMES).map(({ table }) => table)
    const more = held.length > names.length ? ` and ${held.length - names.length} more` : ''
    const since = held.map((one) => one.since).toSorted(byTime)[0]!
    const until = held
      .map((one) => one.until)
      .toSorted(byTime)
      .at(-1)!
    return `${held.length} tables are held by another runner (process ${first.pid} on ${first.host}) since ${at(since)}: ${names.join(', ')}${more}; the locks are released when that run ends, or expire at ${at(until)}`
  })
}
