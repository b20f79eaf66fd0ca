import { SyncError } from '@tidemark/core'
import { type Committed, quotedCommand, type RejectTally, type Table, unfitText } from '@tidemark/core/engine'

// Why a step is not committed although its source answered.

/** @param why the most frequent reason; undefined: the database refused the rows. */
export function tooManyRejects(table: string, { rejected, rows }: RejectTally, why: string | undefined): SyncError {
  return new SyncError(
    `${table}: ${unfitText({ rejected, rows })}, so this step does not count: ${why ?? 'the database refused them'}. ${seeRejects(table)}`,
    'fix-config',
    { code: 'reject-limit' },
  )
}

const seeRejects = (table: string): string => `See the rows with ${quotedCommand('rejects list', [table])}`

export interface HeldStep {
  /** The table in the destination, and its path in the config. */
  readonly name: string
  readonly place: string
  readonly step: { readonly partition: string }
  /** Rejects of a pass that therefore cannot tell which rows were deleted; 0 if it can. */
  readonly rejected: number
  readonly why: string | undefined
}

export function heldBack(
  { name, place, step, rejected, why }: HeldStep,
  held: NonNullable<Committed['withheld']>,
): SyncError {
  const { deleted: gone, of } = held
  // Of rows without a key none says which one a reject is: the good ones of before stay until all can be read.
  if (rejected > 0) {
    return new SyncError(
      `${name}: ${gone} of ${of} rows would be replaced, but ${rejected} rows were rejected; the rows stay as they are until the rejected ones fit${why === undefined ? '' : `: ${why}`}. ${seeRejects(name)}`,
      'fix-config',
      { code: 'reject-limit' },
    )
  }
  const { once, always } = waysOut(name, place)
  const where = step.partition === '' ? `"${name}"` : `"${name}" (${step.partition})`
  if (held.empties === true) {
    return new SyncError(
      `${where} had ${gone} rows, and the source returned none of them, so it would become empty; the rows stay as they are. ${once}; if it may be empty at any time, set ${always}`,
      'fix-config',
      { code: 'deletion-limit' },
    )
  }
  return new SyncError(
    `${gone} of ${of} rows of ${where} would be deleted, which is more than the deletion limit allows; the rows stay as they are. ${once}; the limit is ${place}.deletionLimit`,
    'fix-config',
    { code: 'deletion-limit' },
  )
}

function waysOut(name: string, place: string): { readonly once: string; readonly always: string } {
  return {
    once: `If that is right, allow it once with ${quotedCommand('sync', [name], '--accept-deletions')}`,
    always: `${place}.deletionLimit: 'none'`,
  }
}

export interface MissingPartitions {
  readonly name: string
  readonly place: string
  readonly missing: readonly string[]
  /** How many it had. */
  readonly of: number
  readonly listed: number
}

/** Too many partitions at once are no longer listed. */
export function partitionsMissing({ name, place, missing, of, listed }: MissingPartitions): SyncError {
  const some = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`
  const problem =
    listed === 0
      ? `the source no longer lists any partition, of ${of} that it had`
      : `the source no longer lists ${missing.length} of ${of} partitions`
  const { once, always } = waysOut(name, place)
  return new SyncError(
    `${name}: ${problem} (${some}), as happens when a permission is lost; their rows stay, and they are not complete up to now. ${once}; if any number may disappear at any time, set ${always}`,
    'fix-config',
    { code: 'deletion-limit' },
  )
}

export function outOfOrder({ name, ordered, cursor }: Table): SyncError {
  return new SyncError(
    `table "${name}" says ordered: '${ordered}', but a row came after one that it must not follow; sort what read() yields by "${cursor?.column}", or drop "ordered"`,
    'fix-source',
    { code: 'order' },
  )
}

export function notPages({ name }: Table): SyncError {
  return new SyncError(
    `table "${name}": read() must be an async generator that yields pages, async *read({ client }) { yield rows }`,
    'fix-source',
  )
}
