import type { Law } from '../source/law.ts'
import type { FeedLawName } from './feed-law-name.ts'
import type { TestedFeed } from './tested-feed.ts'

/** A conformance check: what must hold for every feed. */
export type FeedLaw = Law<FeedLawName, TestedFeed>
