import { z } from 'zod'

/** A 64-bit number as a destination gives it back. */
const Position = z.bigint()

/** What a source was seen to keep for a feed: see `FeedBacklog`. */
export const KnownBacklog = z.object({
  /** When it was looked at, by the destination's clock; microseconds, as text. */
  at: z.string().regex(/^\d{1,19}$/),
  holder: z.string(),
  lagBytes: z.number().optional(),
  heldBytes: z.number().optional(),
  safeBytes: z.number().nullable().optional(),
  bytesPerSecond: z.number().optional(),
  cleanup: z.array(z.string()).readonly(),
})
export type KnownBacklog = z.infer<typeof KnownBacklog>

/** What the state knows of a feed. */
export const FeedState = z.object({
  /** The configured source, and the feed's name there. */
  source: z.string(),
  feed: z.string(),
  /** The offset of the last checkpoint that was committed, as JSON text; null: none was. */
  offset: z.string().nullable(),
  /** The number of its last commit. Each takes its own, and they never start again: `_cursor` of its rows. */
  seq: Position,
  /** Its number with that offset: no change up to the offset has a greater one, and every later one has. Null: it has no offset. */
  offsetSeq: Position.nullable(),
  /** Names this destination's use of the feed at the source; made at random whenever it begins. Empty: it was ended, and nothing is left there. */
  id: z.string(),
  /** The system that it was read from. */
  identity: z.string().nullable(),
  /** Its connector keeps a state of its own in the offset, one for all of its tables. */
  opaque: z.boolean(),
  /** When its last checkpoint was committed, and when the system had made what it covers, as far as it says; microseconds. */
  committedAt: Position.nullable(),
  toldAt: Position.nullable(),
  /** When it was last read to its end, or to where its source was as the run began. Null: never, its history is not complete. */
  completedAt: Position.nullable(),
  /** Tables, by their names in the source, whose changes were told and left out: what they hold is not complete. */
  leftOut: z.array(z.string()),
  /** Why it could not continue from its offset; all of its tables are read again since. Null: it could. */
  lostFor: z.string().nullable(),
  /** What its source kept for it when a run last looked. Null: it does not say. */
  backlog: KnownBacklog.nullable(),
})
export type FeedState = z.infer<typeof FeedState>

/** What a table has of its feed. */
export const FedTable = z.object({
  /** The feed's name in the source. */
  feed: z.string(),
  /** The feed's number when the table joined it, and when its present life began: a resync raises it. */
  sinceSeq: Position,
  epochSeq: Position,
  /** The life for which all that was there before is read, in chunks; null: for none, or its feed tells that itself. */
  backfilledSeq: Position.nullable(),
  /** The chunks that it was cut into, for which life, and how many are not read. Null: it was not cut. */
  chunks: z.object({ epochSeq: Position, of: z.int(), unread: z.int() }).nullable(),
  /** There may be rows of which something is missing. */
  hasMissing: z.boolean(),
})
export type FedTable = z.infer<typeof FedTable>

/** A part of a table that is read beside its feed: its number in the list, and what the source calls it, as JSON text. */
export interface FeedChunk {
  readonly ordinal: number
  readonly label: string
}

/** Which feed it is. */
export type FeedRef = Pick<FeedState, 'source' | 'feed'>

/** The name of a feed in the state, unique in a destination. */
export const feedKey = ({ source, feed }: FeedRef): string => `${source}/${feed}`
