import type { Source } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { checkLaw } from './source/check-law.ts'
import { LAWS } from './source/laws.ts'
import { type Place, refuseOldOptions, type SourceTestOptions, type Unchanged } from './source/options.ts'
import { Waivers } from './source/waivers.ts'

// A client that tries again by itself waits between its tries, in each of the faults.
const TIMEOUT_MS = 300_000

interface Options<Given> extends Omit<SourceTestOptions, 'config'> {
  /** What a user writes under `config`; pass a function if it needs the folder or the url. */
  readonly config?: Given | ((place: Place) => Given) | undefined
}

/**
 * Checks what every source must do, as a vitest suite: one call in a test file. Each conformance check is a test; a failed
 * check says what it means for users, with the smallest failing example.
 */
export function testSource<Config, const Given extends Unchanged<Config>>(
  source: Source<Config>,
  options: Options<Given> = {},
): void {
  refuseOldOptions(options)
  const asked = options as SourceTestOptions
  describe(`source ${source.name}`, () => {
    const waivers = new Waivers(asked.waive)
    for (const law of LAWS) {
      const title = `${law.name}: ${law.says}`
      const reason = waivers.reasonFor(law.name)
      if (reason !== undefined) {
        it.skip(`${title} (waived: ${reason})`)
        continue
      }
      for (const one of waivers.tables.filter((waived) => waived.law === law.name))
        it.skip(`${title} (waived for ${one.table}: ${one.reason})`)
      it(title, { timeout: TIMEOUT_MS }, async () => {
        await checkLaw(law, source as Source, asked, expect.getState().testPath)
      })
    }
  })
}
