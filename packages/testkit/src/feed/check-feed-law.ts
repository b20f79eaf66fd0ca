import type { Source } from '@tidemark/core'
import { BrokenLaw } from '../source/law.ts'
import { Waivers } from '../source/waivers.ts'
import type { FeedLaw } from './feed-law.ts'
import { FEED_LAW_NAMES } from './feed-law-name.ts'
import type { FeedTestOptions } from './feed-options.ts'
import { type FeedTestParts, TestedFeed } from './tested-feed.ts'

/** Checks one law of a feed. @throws BrokenLaw with the smallest examples, or what the source threw on the way. */
export async function checkFeedLaw(
  law: FeedLaw,
  source: Source,
  options: FeedTestOptions,
  parts: FeedTestParts = {},
): Promise<void> {
  const waivers = new Waivers(options.waive, FEED_LAW_NAMES)
  const world = new TestedFeed(source, options, { ...parts, waivers, law: law.name })
  // A waiver for a table that is not there is a mistake.
  if (waivers.tables.length > 0) await world.tables()
  const findings = await law.check(world)
  if (findings.length > 0) throw new BrokenLaw(law, findings)
}
