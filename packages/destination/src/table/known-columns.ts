import { columnChanges, type KnownColumn, quotedCommand, type RecordedSchema, type Shape } from '@tidemark/core/engine'
import { nameColumns } from './columns.ts'
import type { Filled, SchemaEditor } from './schema-editor.ts'
import { columnAdded } from './shape-changes.ts'
import { refuse, refuseChanged } from './unreachable.ts'

/** The columns that a table shall have, and what that takes. */
export interface KnownColumns {
  readonly columns: readonly KnownColumn[]
  readonly added: readonly KnownColumn[]
  /** Of those the ones that rows held before they were a column here. */
  readonly filledColumns: readonly Filled[]
  readonly widened: ReadonlyMap<string, KnownColumn['type']>
  readonly changes: readonly string[]
}

interface Found {
  readonly reshapeAllowed: boolean
  readonly present: readonly string[]
  readonly exists: boolean
  /** It has held rows. */
  readonly everFilled: boolean
}

/** Compares the columns that a table has with those that its source has. @throws SyncError code `schema`. */
export function knownColumns(
  {
    name,
    place,
    repertoire,
    reservedColumns = [],
  }: Pick<SchemaEditor, 'place' | 'repertoire' | 'reservedColumns'> & { readonly name: string },
  shape: Shape,
  old: RecordedSchema | undefined,
  { reshapeAllowed: free, present, exists, everFilled }: Found,
): KnownColumns {
  const wanted = shape.columns
  const taken = [...present, ...reservedColumns]
  if (old === undefined || free || !exists) {
    // The types are free; names stay as they were, and columns that the source no longer has stay empty.
    const byName = new Map(old?.columns.map((column) => [column.name, column]))
    const kept = wanted.flatMap(({ name, type }) => (byName.has(name) ? [inTime({ ...byName.get(name)!, type })] : []))
    const fresh = wanted.filter((column) => !byName.has(column.name))
    const gone = exists
      ? (old?.columns ?? []).filter((column) => !wanted.some((one) => one.name === column.name)).map(inTime)
      : []
    const added = nameColumns([...kept, ...gone], fresh, taken, repertoire)
    const named = new Map([...kept, ...added].map((column) => [column.name, column]))
    const columns = [...wanted.map((column) => named.get(column.name)!), ...gone]
    return { columns, added: [], filledColumns: [], widened: new Map(), changes: ['table created again'] }
  }
  const missing = old.columns.find(({ column }) => !present.includes(column))
  if (missing !== undefined) {
    refuseChanged(
      name,
      place,
      `its column "${missing.column}" was dropped; add it back, or resync the table with ${quotedCommand('resync', [name], '--full')}`,
    )
  }
  const fixed = [...shape.primaryKey, ...(shape.cursor === undefined ? [] : [shape.cursor.column])]
  const { add, widen, refuse: refused } = columnChanges(old.columns, wanted, { mode: shape.mode, fixed })
  const [first] = refused
  if (first !== undefined) {
    const changed = first.from === undefined ? `is new (${first.to})` : `was ${first.from} and is now ${first.to}`
    const why = shape.mode === 'freeze' ? 'and the mode "freeze" allows no change' : 'which would lose data'
    refuse(
      name,
      `its column "${first.name}" ${changed}, ${why}; resync the table with ${quotedCommand('resync', [name], '--full')}, or set its "schema" mode in the config`,
    )
  }
  const fills = new Map(
    wanted.flatMap(({ name, fill }) => (fill === undefined || !everFilled ? [] : [[name, fill] as const])),
  )
  const added = nameColumns(old.columns, add, taken, repertoire).map((column) => {
    const isLate = everFilled && shape.cursor !== undefined && !fills.has(column.name)
    return isLate ? { ...column, addedLater: true as const } : column
  })
  const types = new Map(widen.map(({ name, to }) => [name, to]))
  const columns = old.columns.map((column) => ({ ...column, type: types.get(column.name) ?? column.type }))
  return {
    columns: [...columns, ...added],
    added,
    filledColumns: added.flatMap(({ name, column, type }) =>
      fills.has(name) ? [{ column, type, fill: fills.get(name) }] : [],
    ),
    widened: new Map(columns.filter((column) => types.has(column.name)).map(({ column, type }) => [column, type])),
    changes: [
      ...added.map(({ column }) => columnAdded(column)),
      ...widen.map(({ name, from, to }) => `column "${name}" widened from ${from} to ${to}`),
    ],
  }
}

/** The table is read from its start: no column of it came late. */
function inTime({ addedLater: _, ...column }: KnownColumn): KnownColumn {
  return column
}
