import { type RawBuilder, sql } from 'kysely'
import type { Order, Terms } from '../dialects/terms.ts'
import { type Layout, MISSING } from '../table/columns.ts'
import { inRange } from './step-terms.ts'

const { raw } = sql

// Which of two versions of a row wins: the one whose cursor is greater; among equals a deletion, then the one that comes
// last. A version without a position yields to whatever comes last. The same as a function: `supersedes` in core.

/** Whether an incoming row replaces the stored one. All three are expressions of SQL: positions, and whether it is deleted. */
export function rowReplaces(came: string, there: string, isDeleted: string): string {
  return `(${came} < ${there} or (${isDeleted} and ${came} = ${there})) is not true`
}

/** Whether an incoming deletion deletes the stored row. */
export function deletionReplaces(came: string, there: string): string {
  return `(${there} > ${came}) is not true`
}

/** Whether a key that was seen with a rejected row voids a reported deletion: the row exists. */
export function seenVoids(seen: string, deletion: string): string {
  return `(${seen} <= ${deletion}) is not true`
}

/** Whether a row that comes (alias s, or another) replaces the one that is there (alias t), which may be marked. */
export function rowSupersedes(source = 's', fed = false): RawBuilder<unknown> {
  // A row of a feed of which something is missing is only hidden: a whole version of the same number replaces it.
  const isDeleted = fed ? `t._deleted_at is not null and t.${MISSING} is null` : 't._deleted_at is not null'
  return raw(rowReplaces(`${source}._cursor`, 't._cursor', isDeleted))
}

/** Whether an incoming deletion (alias s) deletes the stored row (alias t). */
export const DELETION_SUPERSEDES = raw(deletionReplaces('s._cursor', 't._cursor'))

/** Whether an incoming deletion raises the stored tombstone: it is above it, or the tombstone has no position. */
export const DELETION_RAISES = sql`s._cursor is not null and (t._cursor >= s._cursor) is not true`

/** The greater of both positions. */
export const RAISED = sql`_cursor = case when s._cursor is null or t._cursor > s._cursor then t._cursor else s._cursor end`

/** Of the entries of one key in a staging table the winning one comes first; a key that was only seen comes last. */
export function standingFirst({ cursored }: Pick<Layout, 'cursored'>): RawBuilder<unknown> {
  return cursored ? sql`(_kind = 2), _cursor desc nulls last, (_kind = 1) desc, _at desc` : sql`(_kind = 2), _at desc`
}

/** The condition of an order, before others. */
export function passes(
  order: Order,
  { began, truth }: Terms,
  { fed }: Pick<Layout, 'fed'>,
  source = 's',
): RawBuilder<unknown> {
  if (order === 'any') return sql``
  const newer = rowSupersedes(source, fed)
  const before = sql`t._synced_at < ${began}`
  if (order === 'resync') return sql`(${newer} or ${before}) and `
  return truth === undefined ? sql`${newer} and ` : sql`(${newer} or (${before} and ${inRange(truth)})) and `
}
