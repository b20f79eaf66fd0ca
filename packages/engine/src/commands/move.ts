import { SyncError } from '@tidemark/core'
import {
  type Contents,
  type Destination,
  type KnownTable,
  type Lease,
  type NativeCopier,
  RECORD_KINDS,
  type RecordChunk,
  type RowCopier,
  type StateRecord,
} from '@tidemark/core/engine'
import { knownTables } from '../lease/known-tables.ts'
import { withTablesForLong } from '../lease/with-tables.ts'
import { type Clock, systemClock } from '../time/clock.ts'

export interface MoveOptions {
  readonly from: Destination
  readonly to: Destination
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
  readonly onProgress?: ((progress: MoveProgress) => void) | undefined
}

export interface MoveProgress {
  readonly table: string
  readonly rows: number
  /** Tables that are done, of all. */
  readonly done: number
  readonly of: number
}

export interface MoveReport {
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
  readonly rows: number
  readonly durationMs: number
}

/**
 * Copies rows and state of every table to an empty destination, batch by batch, and compares what arrived with what was
 * sent. It calls no source. It does not change the origin, whose tables it leases meanwhile so that nothing changes there;
 * in the target nothing counts before the last transaction, which writes the state.
 *
 * @throws SyncError that says why, and what is left there.
 */
export async function move(options: MoveOptions): Promise<MoveReport> {
  const { from, to, clock = systemClock } = options
  const startedAt = clock.monotonic()
  const lost = new AbortController()
  const signal = options.signal === undefined ? lost.signal : AbortSignal.any([options.signal, lost.signal])
  const held = { clock, stop: (reason: unknown) => lost.abort(reason) }
  const known = [...(await from.state()).tables.keys()]
  if (known.length === 0) {
    throw new SyncError(
      `${from.relocation.place} contains no table of Tidemark, so there is nothing to move`,
      'fix-config',
      {
        code: 'not-there',
      },
    )
  }
  return await withTablesForLong(from, known, held, async (own) => {
    await to.relocation.begin(from.relocation.place)
    return await withTablesForLong(to, known, held, async (theirs) => {
      const tables = knownTables(await tableRecords(from))
      const done: MoveReport['tables'][number][] = []
      for (const table of tables) {
        const lease = theirs.find((one) => one.table === table.name)!
        const progress = (rows: number) =>
          options.onProgress?.({ table: table.name, rows, done: done.length, of: tables.length })
        const rows = await moveTable(table, lease, { from, to, signal, progress })
        done.push({ table: table.name, rows })
        progress(rows)
      }
      signal.throwIfAborted()
      // A runner that took over a table in between may have written to it.
      for (const lease of own) await from.record(lease, [])
      await to.relocation.replace(theirs, () => allRecords(from))
      const rows = done.reduce((sum, table) => sum + table.rows, 0)
      return { tables: done, rows, durationMs: Math.round(clock.monotonic() - startedAt) }
    })
  })
}

interface Way {
  readonly from: Destination
  readonly to: Destination
  readonly signal: AbortSignal
  readonly progress: (rows: number) => void
}

/** @returns how many rows it has. */
async function moveTable(table: KnownTable, lease: Lease, way: Way): Promise<number> {
  const from = way.from.relocation
  const to = way.to.relocation
  // Rows come in the form that their new database writes, if they can.
  const native = to.native === undefined ? undefined : await from.native?.rows(table, to.native)
  if (native !== undefined) {
    await to.create(lease, table, native.loose, 'unkeyed')
    const copying = { table, lease, way, from: from.native!, to: to.native!, isUnkeyed: true }
    const copied =
      from.native!.form === to.native!.form
        ? ((await copyBeside(copying, native.loose)) ?? (await copyTable(copying, native)))
        : await copyForeign(copying, native)
    if (copied !== undefined) return copied
  }
  const there = await from.rows(table)
  // It was known and never filled, or is missing: the state says which, and the next sync what to do.
  if (there === undefined) return 0
  await to.create(lease, table, there.loose, native && 'again')
  return await copyTable({ table, lease, way, from, to }, there)
}

interface Copying<Chunk, Copier = RowCopier<Chunk>> {
  readonly table: KnownTable
  readonly lease: Lease
  readonly way: Way
  readonly from: Copier
  readonly to: Copier
  /** Whether it was created so. */
  readonly isUnkeyed?: boolean
}

interface Rows<Chunk> {
  readonly loose: boolean
  readonly chunks: AsyncIterable<Chunk>
}

/** @returns undefined where the new database does not read the other one itself. */
async function copyBeside(
  { table, lease, way: { signal, progress }, from, to }: Copying<unknown, NativeCopier>,
  loose: boolean,
): Promise<number | undefined> {
  const onRows = (rows: number): void => {
    signal.throwIfAborted()
    progress(rows)
  }
  const copied = await to.copyBeside(from, lease, table, { loose, onRows })
  // Rows are paired by their numbers, which a hand may have changed: whether they are the same rows, their sums tell.
  if (copied?.isEqual === false) differsUnlessEqual(table, await from.contents(table), await to.contents(table))
  return copied?.rows
}

/** @returns undefined where a value does not fit: a look at each value names it. */
async function copyForeign(copying: Copying<unknown, NativeCopier>, there: Rows<unknown>): Promise<number | undefined> {
  const { table, way, to } = copying
  try {
    const sent = await send(copying, there, to.sum(table, there.loose, true))
    // Equal values may differ in this form, where a hand wrote them.
    if (!isEqual(sent, await to.contents(table, true)))
      differsUnlessEqual(table, await way.from.relocation.contents(table), await way.to.relocation.contents(table))
    return sent.rows
  } catch (error) {
    if (error instanceof SyncError && error.code === 'unfit') return undefined
    throw error
  }
}

async function copyTable<Chunk>({ from, ...copying }: Copying<Chunk>, there: Rows<Chunk>): Promise<number> {
  const { table, to } = copying
  const sent = await send(copying, there, from.sum(table, there.loose))
  differsUnlessEqual(table, sent, await to.contents(table))
  return sent.rows
}

/** @returns what was sent. */
async function send<Chunk>(
  { table, lease, way, to, isUnkeyed }: Omit<Copying<Chunk>, 'from'>,
  { loose, chunks }: Rows<Chunk>,
  sum: ReturnType<RowCopier<Chunk>['sum']>,
): Promise<Contents> {
  const { signal, progress } = way
  for await (const rows of chunks) {
    signal.throwIfAborted()
    sum.add(rows)
    await to.put(lease, table, loose, rows)
    progress(sum.contents().rows)
  }
  signal.throwIfAborted()
  if (isUnkeyed === true) await way.to.relocation.complete(lease, table, loose)
  return sum.contents()
}

function isEqual(sent: Contents | undefined, arrived: Contents | undefined): boolean {
  return sent !== undefined && arrived?.rows === sent.rows && arrived.hash === sent.hash
}

function differsUnlessEqual(table: KnownTable, sent: Contents | undefined, arrived: Contents | undefined): void {
  if (isEqual(sent, arrived)) return
  throw new SyncError(
    `table "${table.name}": ${sent?.rows ?? 0} rows were sent and ${arrived?.rows ?? 0} arrived, or some of them changed; something else writes or changes rows there (a trigger, a rule), or changed those that were copied meanwhile: remove or stop it and move again`,
    'fix-config',
    { code: 'destination-differs' },
  )
}

async function tableRecords({ relocation }: Destination): Promise<readonly StateRecord[]> {
  const all: StateRecord[] = []
  for await (const { records } of relocation.records('tables')) all.push(...records)
  return all
}

async function* allRecords({ relocation }: Destination): AsyncGenerator<RecordChunk> {
  for (const kind of RECORD_KINDS) yield* relocation.records(kind)
}
