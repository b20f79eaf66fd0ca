import type { Source } from '@tidemark/core'
import { describe } from 'vitest'
import { FEED_LAWS } from './feed/all-feed-laws.ts'
import { checkFeedLaw } from './feed/check-feed-law.ts'
import { FEED_LAW_NAMES } from './feed/feed-law-name.ts'
import type { FeedTestOptions } from './feed/feed-options.ts'
import type { Place, Unchanged } from './source/options.ts'
import { Waivers } from './source/waivers.ts'
import { testLaws } from './test-laws.ts'

interface Options<Given> extends Omit<FeedTestOptions, 'config'> {
  /** What a user writes under `config`; pass a function if it needs the folder or the url. */
  readonly config?: Given | ((place: Place) => Given) | undefined
}

/**
 * Checks what every feed must do, as a vitest suite: one call in a test file, for each feed of a source. Each conformance
 * check is a test; a failed check says what it means for users, with the smallest failing example.
 */
export function testFeed<Config, const Given extends Unchanged<Config>>(
  source: Source<Config>,
  options: Options<Given>,
): void {
  const asked = options as FeedTestOptions
  describe(`feed ${asked.feed ?? ''} of source ${source.name}`, () => {
    const waivers = new Waivers(asked.waive, FEED_LAW_NAMES)
    testLaws(FEED_LAWS, waivers, (law) => checkFeedLaw(law, source as Source, asked))
  })
}
