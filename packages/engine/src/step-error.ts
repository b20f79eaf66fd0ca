import { SyncError } from '@tidemark/core'
import type { Committed, RejectLimit, Table } from '@tidemark/core/engine'

// Why a step is not committed although its source answered.

export function tooManyRejects(table: string, { rejected, rows }: RejectLimit): SyncError {
  return new SyncError(
    `table "${table}": ${rejected} of ${rows} rows were rejected, which is more than the limit; see what is wrong with them in _tidemark_rejects`,
    'fix-source',
    { code: 'reject-limit' },
  )
}

/** @param rejected rejects of a pass that therefore cannot tell what is gone; 0 where it can. */
export function heldBack(table: string, { gone, of }: NonNullable<Committed['held']>, rejected: number): SyncError {
  // Of rows without a key none says which one a reject is: the good ones of before stay until all can be read.
  if (rejected > 0) {
    return new SyncError(
      `${gone} of ${of} rows of "${table}" would be replaced, but ${rejected} rows were rejected; they were left as they are until the rejected ones fit (see _tidemark_rejects)`,
      'fix-source',
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
