import type { BinaryRows, EncodedKey, Reject } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { EntryKind } from '../dialects/dialect.ts'
import type { EncodedRows } from '../dialects/encoded-rows.ts'
import type { Staging } from '../dialects/staging.ts'
import { dataColumns, dataTypes } from '../table/columns.ts'
import { bytesOf, isWide } from './bytes.ts'
import { checkOrder, type Filling } from './filling.ts'
import { entryOf } from './key-row.ts'
import { loadHalving } from './load.ts'
import { rejectOf } from './refused.ts'
import type { Writing } from './writing.ts'

/** Puts a batch into its step's staging table, which is made at the step's first batch. */
export async function fill(
  writing: Writing,
  filling: Filling,
): Promise<{ readonly staging: Staging; readonly rejects: readonly Reject[] }> {
  const { dialect, session, target } = writing
  const { lease, batch, slot } = filling
  const { layout } = target
  checkOrder(filling, target)
  const before = batch.number === 1 ? undefined : filling.before
  const table = before?.table ?? dialect.stagingTable({ lease, slot })
  if (before === undefined) {
    if (filling.before !== undefined) await session.dropStaging(filling.before.table)
    await dialect.createStaging(table, stagedColumns(writing)).execute(session.db)
  }
  let entries = before?.entries ?? 0
  const into = {
    table,
    columns: [...dataColumns(layout), '_cursor'],
    types: [...dataTypes(layout), 'integer' as const],
  }
  const stage = async (rows: EncodedRows, kind: EntryKind) => {
    const loaded = await loadHalving(session, layout.name, rows, async (some) => {
      const written = await session.load({ ...into, entries: { kind, from: entries + 1 } }, some)
      entries += written
      return written
    })
    return loaded.refused
  }
  const stageBinary = async (binary: BinaryRows) => {
    const next = { ...into, entries: { kind: 0 as const, from: entries + 1 } }
    // Where a row is refused, all of them are encoded, and it is looked for among these.
    const tried = await session.attempt(layout.name, async () => await session.loadBinary?.(next, binary))
    if (!tried.ok || tried.value === undefined) return await stage(binary.encoded().rows, 0)
    entries += tried.value
    return []
  }
  const { binary } = batch
  const refused = [...(await stage(batch.rows, 0)), ...(binary === undefined ? [] : await stageBinary(binary))]
  const count = batch.rows.length + (binary?.count ?? 0)
  const staged = count > refused.length ? batch.rows : []
  const { cuts, sinceCut } = await cut(writing, { table, before, rows: staged, next: entries + 1 })
  const keyed = layout.key.length > 0
  const deletions = keyed ? batch.deletions.map(({ key, position }) => entryOf(layout, key, position)) : []
  let deletionsUnknown = before?.deletionsUnknown === true
  const seen: (readonly unknown[])[] = []
  const see = (key: EncodedKey | undefined, position: bigint | number | null) => {
    if (key === undefined || !keyed) deletionsUnknown = true
    else seen.push(entryOf(layout, key, position))
  }
  if ((await stage(deletions, 1)).length > 0) deletionsUnknown = true
  // A reject whose key is unknown is in the deletion limit's `mark`: the engine has seen it.
  if (keyed)
    for (const reject of batch.rejects)
      if (reject.encodedKey !== undefined) see(reject.encodedKey, reject.position ?? null)
  for (const { row } of refused)
    see(
      layout.keyAt.map((at) => row[at]),
      row.at(-1) as number | bigint | null,
    )
  for (const key of batch.alive ?? []) see(key, null)
  const unseen = await stage(seen, 2)
  return {
    staging: {
      slot,
      table,
      target,
      step: batch.step,
      lastBatch: batch.number,
      fence: lease.fence,
      rows: (before?.rows ?? 0) + count - refused.length,
      entries,
      deletions: (before?.deletions ?? 0) + deletions.length,
      presentKeys: (before?.presentKeys ?? 0) + seen.length - unseen.length,
      cuts,
      sinceCut,
      deletionsUnknown: deletionsUnknown || unseen.length > 0,
    },
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, dialect.canonical)),
  }
}

/** A slice that is moved at a time has so many bytes at least, where its rows are wide. */
const SLICE_BYTES = 8 * 1024 * 1024

/** Ends a slice where the rows since the last one have many bytes. */
async function cut(
  { session }: Writing,
  {
    table,
    before,
    rows,
    next,
  }: {
    readonly table: Staging['table']
    readonly before: Staging | undefined
    readonly rows: EncodedRows
    readonly next: number
  },
): Promise<Pick<Staging, 'cuts' | 'sinceCut'>> {
  const { cuts, sinceCut } = before ?? { cuts: [], sinceCut: NOTHING }
  if (session.separate === undefined) return { cuts, sinceCut }
  const since = { rows: sinceCut.rows + rows.length, bytes: sinceCut.bytes + bytesOf(rows) }
  if (!isWide(since)) return { cuts, sinceCut: since.rows < MANY ? since : NOTHING }
  if (since.bytes < SLICE_BYTES) return { cuts, sinceCut: since }
  await session.separate(table)
  return { cuts: [...cuts, next], sinceCut: NOTHING }
}

const NOTHING = { rows: 0, bytes: 0 }
/** After so many rows those before them are not read with what follows. */
const MANY = 2048

/** Definitions of the columns that take encoded rows with their positions. */
function stagedColumns({ dialect, target }: Writing) {
  const types = dataTypes(target.layout)
  const own = dataColumns(target.layout).map((name, at) => sql`${sql.id(name)} ${sql.raw(dialect.typeOf(types[at]!))}`)
  return [...own, sql`_cursor ${sql.raw(dialect.typeOf('integer'))}`]
}
