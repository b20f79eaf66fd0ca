import type { DatabaseSync } from 'node:sqlite'
import { columnChanges, type Facts, type KnownColumn, type Lease, type Shape } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { factsOf, identifying, nameColumns } from '../columns.ts'
import { parseFacts } from '../state-read.ts'
import type { StateDatabase } from '../state-tables.ts'
import { addColumn, createTable, definitions, type Plan } from './ddl.ts'
import { sqliteProfile } from './profile.ts'
import { rebuildTable, storedColumns } from './rebuild.ts'
import { indexPositions } from './statements.ts'
import { refuse, refuseChange } from './unreachable.ts'

type Db = Kysely<StateDatabase>

export interface Preparation {
  readonly facts: Facts
  readonly changes: readonly string[]
  /** Does what is to be done, inside a fenced transaction. Absent: the table is as it should be. */
  readonly work?: ((db: Db, now: bigint) => Promise<readonly string[]>) | undefined
}

/** Compares a table with the shape that is wanted. Reads only. @throws SyncError code `schema`. */
export async function planTable(
  db: Db,
  raw: DatabaseSync,
  name: string,
  lease: Lease,
  shape: Shape,
): Promise<Preparation> {
  const row = await db.selectFrom('_tidemark_tables').selectAll().where('name', '=', name).executeTakeFirst()
  const there = physical(raw, name)
  const old = row?.facts == null ? undefined : parseFacts(name, row.facts)
  const free = row !== undefined && Number(row.free) === 1

  if (row !== undefined && row.source !== '' && !isSame(row, shape)) {
    refuse(
      name,
      `it holds the table "${row.table_name}" of "${row.source}", and "${shape.table}" of "${shape.source}" would get the same name; give one of the sources another "prefix" in the config`,
    )
  }
  if (there !== undefined && old === undefined) {
    refuse(
      name,
      `there is ${there.type === 'view' ? 'a view' : 'a table'} of that name (${there.name}) that this table's sync did not create; rename it, or give the source another "prefix" in the config`,
    )
  }
  if (old !== undefined && !free) {
    if (there === undefined && Number(row?.filled) === 1)
      refuse(
        name,
        `it is gone from the destination though it was filled; read it anew with "tidemark resync ${name} --full"`,
      )
    if (row?.identity != null && shape.identity !== undefined && row.identity !== shape.identity) {
      refuse(
        name,
        `it was read from the system "${row.identity}", and the source now speaks to "${shape.identity}"; if that is meant, read it anew with "tidemark resync ${name} --full"`,
      )
    }
    refuseChange(name, old, shape)
  }

  const present = there === undefined ? [] : storedColumns(raw, name)
  const known = knownColumns(name, shape, old, { free, present, exists: there !== undefined })
  const facts = factsOf(shape, known.columns)
  const destinationName = new Map(known.columns.map((column) => [column.name, column.column]))
  const plan: Plan = {
    name,
    columns: known.columns,
    extra: shape.loose || present.includes('_extra'),
    partitioned: shape.partitioned,
    key: identifying({ ...shape, key: shape.primaryKey.map((column) => destinationName.get(column)!) }),
  }
  if (definitions(plan).length > sqliteProfile.columns) {
    refuse(
      name,
      `it would have ${definitions(plan).length} columns with those of the system, and SQLite takes ${sqliteProfile.columns}; leave some out with "columns" in the config`,
    )
  }
  const save = (target: Db, now: bigint) => saveShape(target, name, shape, facts, now)

  if (there === undefined) {
    const work = async (target: Db, now: bigint) => {
      await createTable(plan).execute(target)
      if (plan.key.length === 0) await indexPositions(plan, lease.id).execute(target)
      await save(target, now)
      return ['table created']
    }
    return { facts, changes: [], work }
  }
  if (free || known.widened.size > 0) {
    const ours = (old?.columns ?? []).map(({ column }) => column)
    const rebuild = { plan, createdBy: there.sql, ours: [...ours, '_extra', '_partition'], widened: known.widened }
    const work = async (target: Db, now: bigint) => {
      const lost = await rebuildTable(target, raw, rebuild)
      if (plan.key.length === 0) await indexPositions(plan, lease.id).execute(target)
      await save(target, now)
      return [...known.changes, ...lost]
    }
    return { facts, changes: [], work }
  }
  const extra = shape.loose && !present.includes('_extra')
  const recorded =
    row !== undefined &&
    row.facts === JSON.stringify(facts) &&
    isRecorded(row, shape) &&
    known.added.length === 0 &&
    !extra
  if (recorded) return { facts, changes: [] }
  const work = async (target: Db, now: bigint) => {
    for (const { column, type } of known.added) await addColumn(name, column, type).execute(target)
    if (extra) await addColumn(name, '_extra', 'json').execute(target)
    await save(target, now)
    return extra ? [...known.changes, 'column "_extra" added'] : known.changes
  }
  return { facts, changes: [], work }
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

interface Known {
  readonly columns: readonly KnownColumn[]
  readonly added: readonly KnownColumn[]
  readonly widened: ReadonlyMap<string, KnownColumn['type']>
  readonly changes: readonly string[]
}

/** The columns that the table shall have, and what that takes. */
function knownColumns(
  name: string,
  shape: Shape,
  old: Facts | undefined,
  { free, present, exists }: { readonly free: boolean; readonly present: readonly string[]; readonly exists: boolean },
): Known {
  const wanted = shape.columns
  if (old === undefined || free || !exists) {
    // The types are free; names stay as they were, and columns that the source no longer has stay empty.
    const byName = new Map(old?.columns.map((column) => [column.name, column]))
    const kept = wanted.flatMap(({ name, type }) => (byName.has(name) ? [{ ...byName.get(name)!, type }] : []))
    const fresh = wanted.filter((column) => !byName.has(column.name))
    const gone = exists ? (old?.columns ?? []).filter((column) => !wanted.some((one) => one.name === column.name)) : []
    const added = nameColumns([...kept, ...gone], fresh, present)
    const named = new Map([...kept, ...added].map((column) => [column.name, column]))
    const columns = [...wanted.map((column) => named.get(column.name)!), ...gone]
    return { columns, added: [], widened: new Map(), changes: ['table made anew'] }
  }
  const missing = old.columns.find(({ column }) => !present.includes(column))
  if (missing !== undefined) {
    refuse(
      name,
      `its column "${missing.column}" was taken out by hand; put it back, or read the table anew with "tidemark resync ${name} --full"`,
    )
  }
  const fixed = [...shape.primaryKey, ...(shape.cursor === undefined ? [] : [shape.cursor.column])]
  const { add, widen, refuse: refused } = columnChanges(old.columns, wanted, { mode: shape.mode, fixed })
  const [first] = refused
  if (first !== undefined) {
    const changed = first.from === undefined ? `is new (${first.to})` : `was ${first.from} and is now ${first.to}`
    const why = shape.mode === 'freeze' ? 'and the mode "freeze" allows no change' : 'which loses something'
    refuse(
      name,
      `its column "${first.name}" ${changed}, ${why}; read the table anew with "tidemark resync ${name} --full", or set its "schema" mode in the config`,
    )
  }
  const added = nameColumns(old.columns, add, present)
  const types = new Map(widen.map(({ name, to }) => [name, to]))
  const columns = old.columns.map((column) => ({ ...column, type: types.get(column.name) ?? column.type }))
  return {
    columns: [...columns, ...added],
    added,
    widened: new Map(columns.filter((column) => types.has(column.name)).map(({ column, type }) => [column, type])),
    changes: [
      ...added.map(({ column }) => `column "${column}" added`),
      ...widen.map(({ name, from, to }) => `column "${name}" widened from ${from} to ${to}`),
    ],
  }
}

async function saveShape(db: Db, name: string, shape: Shape, facts: Facts, now: bigint): Promise<void> {
  const set = {
    source: shape.source,
    table_name: shape.table,
    facts: JSON.stringify(facts),
    cursor_type: facts.cursor?.type ?? null,
    free: 0,
    ...(shape.identity === undefined ? {} : { identity: shape.identity }),
  }
  await db
    .insertInto('_tidemark_tables')
    .values({ name, status: 'new', filled: 0, first_seen_at: now, ...set })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(set))
    .execute()
}

interface Physical {
  readonly type: string
  readonly name: string
  readonly sql: string
}

function physical(raw: DatabaseSync, name: string): Physical | undefined {
  return raw
    .prepare(
      "select type, name, sql from main.sqlite_schema where name = ? collate nocase and type in ('table', 'view')",
    )
    .get(name) as Physical | undefined
}
