import { beginLaw } from './begin-law.ts'
import { feedAbortLaw } from './feed-abort-law.ts'
import { addsLaw, editsOfFeedLaw, removesLaw } from './feed-change-laws.ts'
import { feedErrorsLaw, feedSecretsLaw } from './feed-error-laws.ts'
import { feedKillLaw } from './feed-kill-law.ts'
import type { FeedLaw } from './feed-law.ts'
import { acknowledgeLaw, feedRowsLaw, tablesLaw } from './feed-run-laws.ts'
import { continuesLaw, offsetsLaw, orderLaw } from './offset-laws.ts'
import { shapeLaw } from './shape-law.ts'
import { rejectsLaw, rekeysLaw, truncationsLaw, unchangedLaw } from './told-laws.ts'

/** Every conformance check of a feed, in the order in which to fix them. */
export const FEED_LAWS: readonly FeedLaw[] = [
  shapeLaw,
  offsetsLaw,
  orderLaw,
  continuesLaw,
  feedAbortLaw,
  beginLaw,
  feedRowsLaw,
  addsLaw,
  editsOfFeedLaw,
  removesLaw,
  acknowledgeLaw,
  feedKillLaw,
  tablesLaw,
  feedErrorsLaw,
  feedSecretsLaw,
  unchangedLaw,
  rekeysLaw,
  truncationsLaw,
  rejectsLaw,
]
