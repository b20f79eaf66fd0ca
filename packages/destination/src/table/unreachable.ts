import { SyncError } from '@tidemark/core'
import { quotedCommand, type RecordedSchema, type Shape } from '@tidemark/core/engine'

/** @throws SyncError code `schema`: the table cannot get the shape that is wanted. */
export function refuse(table: string, problem: string): never {
  throw new SyncError(`table "${table}": ${problem}`, 'fix-config', { code: 'schema' })
}

/** @throws SyncError code `table-changed`: the table was changed outside Tidemark. */
export function refuseChanged(table: string, place: string, problem: string): never {
  throw new SyncError(`table "${table}" in ${place}: ${problem}`, 'fix-config', { code: 'table-changed' })
}

/** @throws SyncError where the key, the cursor or what a row belongs to is another one. */
export function refuseChange(table: string, old: RecordedSchema, shape: Shape): void {
  const again = `resync it with ${quotedCommand('resync', [table], '--full')}`
  const key = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
  if (old.primaryKey.join('\0') !== shape.primaryKey.join('\0')) {
    refuse(table, `its primary key was ${key(old.primaryKey)} and is now ${key(shape.primaryKey)}; ${again}`)
  }
  if (old.partitioned !== shape.partitioned || old.globalKey !== shape.globalKey) {
    refuse(
      table,
      `it ${old.partitioned === shape.partitioned ? 'counts its key differently (globalKey)' : `${old.partitioned ? 'had' : 'had no'} partitions`} before; ${again}`,
    )
  }
  // The other way nothing is lost: whatever a feed tells is newer than what was read.
  if (old.fed === true && shape.fed !== true)
    refuse(table, `a feed told its changes before, and it is read as a whole or by a cursor now; ${again}`)
  const before = old.cursor
  const now = shape.cursor
  if (before?.column !== now?.column || before?.type !== now?.type) {
    const said = (cursor: { column: string; type: string } | null | undefined) =>
      cursor == null ? 'none' : `${cursor.column} (${cursor.type})`
    refuse(table, `its cursor was ${said(before)} and is now ${said(now)}; ${again}`)
  }
}
