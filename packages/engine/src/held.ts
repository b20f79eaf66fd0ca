import { formatInstant, type Refusal } from '@tidemark/core/engine'

/** Who holds a table, since when, and until when without a further sign of life. */
export function heldText({ table, host, pid, since, until }: Refusal): string {
  const at = (instant: bigint): string => formatInstant(instant, 'Z', 0)
  return `${table} is held by another runner (process ${pid} on ${host}) since ${at(since)}; it is free when that run ends, or at ${at(until)} if nothing more is heard of it`
}
