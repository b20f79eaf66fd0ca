import type { Source } from '@tidemark/core'
import { describe, expect } from 'vitest'
import { checkLaw } from './source/check-law.ts'
import { LAWS } from './source/laws.ts'
import { type Place, refuseOldOptions, type SourceTestOptions, type Unchanged } from './source/options.ts'
import { Waivers } from './source/waivers.ts'
import { testLaws } from './test-laws.ts'

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
    testLaws(LAWS, new Waivers(asked.waive), async (law) => {
      await checkLaw(law, source as Source, asked, expect.getState().testPath)
    })
  })
}
