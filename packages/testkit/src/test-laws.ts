import { it } from 'vitest'
import type { Waivers } from './source/waivers.ts'

// A client that tries again by itself waits between its tries, in each of the faults.
const TIMEOUT_MS = 300_000

/** Makes each law a test, except those that are waived: they are skipped, with the reason. */
export function testLaws<Law extends { readonly name: string; readonly says: string }>(
  laws: readonly Law[],
  waivers: Waivers,
  check: (law: Law) => Promise<void>,
): void {
  for (const law of laws) {
    const title = `${law.name}: ${law.says}`
    const reason = waivers.reasonFor(law.name)
    if (reason !== undefined) {
      it.skip(`${title} (waived: ${reason})`)
      continue
    }
    for (const one of waivers.tables.filter((waived) => waived.law === law.name))
      it.skip(`${title} (waived for ${one.table}: ${one.reason})`)
    it(title, { timeout: TIMEOUT_MS }, () => check(law))
  }
}
