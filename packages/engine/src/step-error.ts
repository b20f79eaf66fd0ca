import { SyncError } from '@tidemark/core'
import { type Committed, quotedCommand, type RejectTally, type Table } from '@tidemark/core/engine'

// Why a step is not committed although its source answered.

/** @param why the most frequent reason; undefined: the database refused the rows. */
export function tooManyRejects(table: string, { rejected, rows }: RejectTally, why: string | undefined): SyncError {
  const many = rejected >= rows ? `none of ${rows} rows fits` : `${rejected} of ${rows} rows do not fit`
  return new SyncError(
    `${table}: ${many}, so what was read does not count: ${why ?? 'the database refused them'}. ${seeRejects(table)}`,
    'fix-config',
    { code: 'reject-limit' },
  )
}

const seeRejects = (table: string): string => `See the rows with ${quotedCommand('rejects list', [table])}`

/** @param rejected rejects of a pass that therefore cannot tell what is gone; 0 where it can. */
export function heldBack(
  table: string,
  { gone, of }: NonNullable<Committed['held']>,
  { rejected, why }: { readonly rejected: number; readonly why: string | undefined },
): SyncError {
  // Of rows without a key none says which one a reject is: the good ones of before stay until all can be read.
  if (rejected > 0) {
    return new SyncError(
      `${table}: ${gone} of ${of} rows would be replaced, but ${rejected} rows were rejected; the rows stay as they are until the rejected ones fit${why === undefined ? '' : `: ${why}`}. ${seeRejects(table)}`,
      'fix-config',
      { code: 'reject-limit' },
    )
  }
  return new SyncError(
    `${gone} of ${of} rows of "${table}" would go, which is more than the rail allows without being told so; they were left as they are`,
    'fix-config',
    { code: 'rail' },
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
