import { SyncError } from './error.ts'

/**
 * Thrown by `read` of a table found at run time, where rows have other columns than were found for it: the engine asks the
 * source for its tables once more, gives the destination the columns that the table then has, and reads on. Only where the
 * context of `read` says `mayChangeColumns`, and only with columns that the source then gives.
 *
 * Also thrown by the list of partitions of such a table, where its columns were not known when the tables were asked for, and
 * are by now: the source gives its other tables at once, with this one without columns, and no table waits for it.
 *
 * Also thrown by `read` of a feed whose tables are found at run time, where it has changes of a table that it did not have then: the engine
 * asks the feed for its tables once more, takes in those that are new, and reads on from the committed offset.
 *
 * @param message says which columns, or which table, for people.
 */
export function columnsChanged(message: string): SyncError {
  return new SyncError(message, 'retry', { code: 'columns-changed' })
}

export function isColumnsChanged(error: unknown): boolean {
  return SyncError.is(error) && error.code === 'columns-changed'
}
