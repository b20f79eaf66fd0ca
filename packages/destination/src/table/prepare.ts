import { SyncError } from '@tidemark/core'
import {
  isOf,
  type Lease,
  type Project,
  projectName,
  quotedCommand,
  type RecordedSchema,
  type Shape,
} from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { parseFacts } from '../state/state-read.ts'
import type { StateDatabase } from '../state/state-types.ts'
import { factsOf, identifying, MISSING, RUN, systemTypes } from './columns.ts'
import { knownColumns } from './known-columns.ts'
import { fold } from './names.ts'
import type { Filled, Plan, Rebuild, SchemaEditor } from './schema-editor.ts'
import { columnAdded, recordShapeChanges, TABLE_CREATED } from './shape-changes.ts'
import { refuse, refuseChange, refuseChanged } from './unreachable.ts'

type Db = Kysely<StateDatabase>

/** The columns of a plan with those of the system. */
export function columnCount({ columns, extra, ...plan }: Plan): number {
  return columns.length + (extra ? 1 : 0) + systemTypes(plan).length
}

export interface Preparation {
  readonly schema: RecordedSchema
  readonly changes: readonly string[]
  /** There is no such table yet, so making it is little work. */
  readonly isNew?: boolean | undefined
  /** Does what is to be done, inside a fenced transaction. Absent: the table is as it should be. */
  readonly work?: ((db: Db, now: bigint) => Promise<readonly string[]>) | undefined
}

/** Compares a table with the shape that is wanted. Reads only. @throws SyncError code `schema`. */
export async function planTable(
  db: Db,
  editor: SchemaEditor,
  name: string,
  lease: Lease,
  shape: Shape,
  project?: Project | undefined,
): Promise<Preparation> {
  const row = await db.selectFrom('_tidemark_tables').selectAll().where('name', '=', name).executeTakeFirst()
  const there = await editor.inspect(db, name)
  const old = row?.schema == null ? undefined : parseFacts(name, row.schema)
  const free = row !== undefined && Number(row.reshape_allowed) === 1

  if (row !== undefined && project !== undefined && !isOf(row, project)) {
    throw new SyncError(
      `table "${name}": another project syncs it (${projectName(row.project ?? '')}); give this one a "namespace" in the config`,
      'fix-config',
      { code: 'other-project' },
    )
  }
  if (row !== undefined && row.source !== '' && !isSame(row, shape)) {
    refuse(
      name,
      `it holds the table "${row.table_name}" of "${row.source}", and "${shape.table}" of "${shape.source}" would get the same name; give the table another "name", or one of the sources another "prefix", in the config`,
    )
  }
  if (there !== undefined && old === undefined) {
    refuseChanged(
      name,
      editor.place,
      `${there.kind} of that name (${there.name}) exists that this table's sync did not create; rename it, or give the table another "name" in the config`,
    )
  }
  if (old !== undefined && !free) {
    if (there === undefined && Number(row?.ever_filled) === 1)
      refuseChanged(
        name,
        editor.place,
        `it is missing from the destination, although it was filled; resync it with ${quotedCommand('resync', [name], '--full')}`,
      )
    if (row?.identity != null && shape.identity !== undefined && row.identity !== shape.identity) {
      refuse(
        name,
        `its rows come from the system "${row.identity}", and the source now connects to "${shape.identity}"; if that is intended, resync it with ${quotedCommand('resync', [name], '--full')}`,
      )
    }
    refuseChange(name, old, shape)
  }
  const taken = shape.fed === true && old?.fed !== true && there?.columns.some((column) => fold(column) === MISSING)
  if (taken === true)
    refuseChanged(
      name,
      editor.place,
      `it has a column "${MISSING}", which Tidemark needs for itself in a table of a feed; rename the column, or give the table another "name" in the config`,
    )
  const isSourceColumn = old?.columns.some(({ column }) => fold(column) === RUN) === true
  if (shape.runs === true && old?.runs !== true && !free && isSourceColumn)
    refuseChanged(
      name,
      editor.place,
      `it has a column "${RUN}" of its source, which Tidemark needs for itself where the config sets "runColumn"; leave "runColumn" out, or resync the table with ${quotedCommand('resync', [name], '--full')}, which gives that column another name`,
    )
  if (there !== undefined && !there.isTable)
    refuseChanged(name, editor.place, `it is ${there.kind} now, and rows cannot be written into it; restore the table`)

  const present = there?.columns ?? []
  const found = {
    reshapeAllowed: free,
    present,
    exists: there !== undefined,
    everFilled: Number(row?.ever_filled) === 1,
  }
  const known = knownColumns({ ...editor, name }, shape, old, found)
  if (there !== undefined && old !== undefined && !free) {
    const problem = await editor.problemOf(db, name, old)
    if (problem !== undefined)
      refuseChanged(
        name,
        editor.place,
        `${problem}; Tidemark did not make this change: undo it, or resync the table with ${quotedCommand('resync', [name], '--full')}`,
      )
  }
  const recorded = factsOf(shape, known.columns, free ? { hash: old?.hash } : old)
  const destinationName = new Map(known.columns.map((column) => [column.name, column.column]))
  const plan: Plan = {
    name,
    columns: known.columns,
    extra: shape.loose || present.includes('_extra'),
    partitioned: shape.partitioned,
    fed: shape.fed === true,
    runs: recorded.runs === true,
    key: identifying({ ...shape, key: shape.primaryKey.map((column) => destinationName.get(column)!) }),
  }
  if (columnCount(plan) > editor.maxColumns) {
    refuse(
      name,
      `it would have ${columnCount(plan)} columns with those of the system, and ${editor.database} takes ${editor.maxColumns}; leave some out with "columns" in the config`,
    )
  }
  checkKey(editor, plan, shape)
  const save = (target: Db, now: bigint) => saveShape(target, name, { shape, recorded, project }, now)

  if (there === undefined) {
    const work = async (target: Db, now: bigint) => {
      await editor.create(target, plan, lease)
      if (plan.key.length === 0) await editor.indexPositions(target, plan, lease)
      await save(target, now)
      return recordShapeChanges(target, name, [TABLE_CREATED], now)
    }
    return { schema: recorded, changes: [], isNew: true, work }
  }
  if (free || known.widened.size > 0) {
    const ours = (old?.columns ?? []).map(({ column }) => column)
    const rebuild: Rebuild = {
      plan,
      lease,
      reshapeAllowed: free,
      ours: [
        ...ours,
        '_extra',
        '_partition',
        ...(old?.fed === true ? [MISSING] : []),
        ...(old?.runs === true ? [RUN] : []),
      ],
      widened: known.widened,
    }
    const work = async (target: Db, now: bigint) => {
      const lost = await editor.rebuild(target, rebuild)
      for (const one of known.filledColumns) await editor.fillColumn(target, name, one)
      if (plan.key.length === 0) await editor.indexPositions(target, plan, lease)
      await save(target, now)
      return recordShapeChanges(target, name, [...known.changes, ...lost], now)
    }
    return { schema: recorded, changes: [], work }
  }
  const system: readonly Filled[] = [
    ...(shape.loose && !present.includes('_extra')
      ? [{ column: '_extra', type: 'json' as const, fill: undefined }]
      : []),
    ...(plan.fed && !present.includes(MISSING) ? [{ column: MISSING, type: 'text' as const, fill: undefined }] : []),
    ...(plan.runs && !present.includes(RUN) ? [{ column: RUN, type: 'integer' as const, fill: undefined }] : []),
  ]
  const asRecorded =
    row !== undefined &&
    row.schema === JSON.stringify(recorded) &&
    isRecorded(row, shape) &&
    (project === undefined || row.project === project.record) &&
    known.added.length === 0 &&
    system.length === 0
  if (asRecorded) return { schema: recorded, changes: [] }
  const work = async (target: Db, now: bigint) => {
    const added = known.added.map(
      ({ column, type }): Filled =>
        known.filledColumns.find((one) => one.column === column) ?? { column, type, fill: undefined },
    )
    await editor.addColumns(target, name, [...added, ...system])
    await save(target, now)
    const changes = [...known.changes, ...system.map(({ column }) => columnAdded(column))]
    return recordShapeChanges(target, name, changes, now)
  }
  return { schema: recorded, changes: [], work }
}

/** @throws SyncError code `schema`. Nothing was made of the table: with another key it is made as that of a new one. */
function checkKey({ database, maxKeyColumns }: SchemaEditor, { name, key }: Plan, { source, table }: Shape): void {
  if (maxKeyColumns === undefined || key.length <= maxKeyColumns) return
  const few = `${JSON.stringify(table)}: { primaryKey: [${JSON.stringify(key.find((one) => one !== '_partition'))}, …] }`
  refuse(
    name,
    `its key has ${key.length} columns${key.includes('_partition') ? ' including the one of the partition' : ''}, and ${database} takes ${maxKeyColumns} in a key; name those that identify a row in the config: sources: { ${JSON.stringify(source)}: { tables: { ${few} } } }, or none with []`,
  )
}

interface Recorded {
  readonly source: string
  readonly table_name: string
  readonly identity: string | null
}

const isSame = (row: Recorded, shape: Shape) =>
  row.source === shape.source && (row.table_name === shape.table || (shape.aliases ?? []).includes(row.table_name))
const isRecorded = (row: Recorded, shape: Shape) =>
  row.source === shape.source &&
  row.table_name === shape.table &&
  (shape.identity === undefined || row.identity === shape.identity)

interface Saved {
  readonly shape: Shape
  readonly recorded: RecordedSchema
  readonly project: Project | undefined
}

async function saveShape(db: Db, name: string, { shape, recorded, project }: Saved, now: bigint): Promise<void> {
  const set = {
    source: shape.source,
    table_name: shape.table,
    schema: JSON.stringify(recorded),
    cursor_type: recorded.cursor?.type ?? null,
    reshape_allowed: 0,
    ...(shape.identity === undefined ? {} : { identity: shape.identity }),
    ...(project === undefined ? {} : { project: project.record }),
  }
  await db
    .insertInto('_tidemark_tables')
    .values({ name, status: 'new', ever_filled: 0, first_seen_at: now, ...set })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(set))
    .execute()
}
