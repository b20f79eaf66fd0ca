import { SyncError } from './error.ts'

/**
 * Thrown by `read` of a chunk, or of a feed, that comes upon a loss (a table was rewritten while its chunks are read): the engine asks `lost` once more, has what that names read again, and continues from the committed offset.
 *
 * @param message says what was lost, for people.
 */
export function feedLost(message: string): SyncError {
  return new SyncError(message, 'retry', { code: 'feed-lost' })
}

export function isFeedLost(error: unknown): boolean {
  return SyncError.is(error) && error.code === 'feed-lost'
}
