import { SyncError } from '@tidemark/core'
import type { EncodedKey, Lease, Reject } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { rejectOf } from '../../rows/refused.ts'
import { checkOrder, type Filling, type Staging } from '../../rows/row-writer.ts'
import { smallField } from './copy-rows.ts'
import { shownForm } from './forms.ts'
import { copyRows, type EncodedRows, loadHalving } from './load.ts'
import { unlessLocked } from './locks.ts'
import type { Session } from './sessions.ts'
import { list, rowDefinitions, type Target } from './statements.ts'
import { changed, keyRow } from './write.ts'

/**
 * What is known of a step's staging table: a table of the schema without a log, because a step's parts are transactions
 * of their own and may go over different connections. A server that crashed gives it back empty, which is noticed.
 */
export interface PostgresStaging extends Staging {
  readonly target: Target
  readonly lease: number
  /** All entries in it: rows, told deletions and keys that were only seen. */
  readonly entries: number
  readonly told: number
  readonly seen: number
}

// What an entry is, in `_kind`: 0 a row, 1 a told deletion, 2 a key that was only seen, because its row was rejected.
// `_at` counts the entries of a step.

const PREFIX = '_tidemark_staging_'

export function stagingTable({
  target,
  lease,
  fence,
  slot,
}: Pick<PostgresStaging, 'target' | 'lease' | 'fence' | 'slot'>): RawBuilder<unknown> {
  return sql.id(target.schema, `${PREFIX}${lease}_${fence}_${slot}`)
}

/** Puts a part into its step's staging table. */
export async function fill(
  session: Session,
  target: Target,
  filling: Filling<PostgresStaging>,
): Promise<{ readonly staging: PostgresStaging; readonly rejects: readonly Reject[] }> {
  const { lease, part, before, slot } = filling
  const { layout } = target
  // Prepared again in between: what was staged has another shape.
  checkOrder(
    layout.name,
    before !== undefined && before.target !== target ? { ...filling, before: undefined } : filling,
  )
  const first = part.number === 1
  const table = stagingTable({ target, lease: lease.id, fence: lease.fence, slot })
  if (first) {
    if (before !== undefined) await dropStaging(session, before)
    await sql`create unlogged table ${table} (${sql.join(rowDefinitions(layout))}, _kind smallint not null, _at bigint not null)
      with (autovacuum_enabled = false)`.execute(session.db)
  }
  let entries = first ? 0 : (before?.entries ?? 0)
  const stage = async (rows: EncodedRows, kind: 0 | 1 | 2): Promise<number> => {
    const more = { fields: 1, bytes: smallField(kind), countFrom: entries, columns: ['_kind', '_at'] }
    const copied = await copyRows(session, target, table, rows, more)
    entries += copied
    return copied
  }
  const { refused } = await loadHalving(session, part.rows, (rows) => stage(rows, 0))
  const keyed = layout.key.length > 0
  const told = keyed ? part.deletions.map(({ key, position }) => keyRow(layout, key, position)) : []
  if (told.length > 0) await stage(told, 1)
  let blind = !first && before?.blind === true
  const seen: (readonly unknown[])[] = []
  const see = (key: EncodedKey | undefined, position: bigint | number | null) => {
    if (key === undefined || !keyed) blind = true
    else seen.push(keyRow(layout, key, position))
  }
  // A reject whose key is unknown is in the rail's `mark`: the engine has seen it.
  if (keyed) for (const { seen, position } of part.rejects) if (seen !== undefined) see(seen, position ?? null)
  for (const { row } of refused)
    see(
      layout.keyAt.map((at) => row[at]),
      row.at(-1) as number | bigint | null,
    )
  for (const key of part.alive ?? []) see(key, null)
  const { refused: unseen } = await loadHalving(session, seen, (rows) => stage(rows, 2))
  if (unseen.length > 0) blind = true
  return {
    staging: {
      slot,
      target,
      lease: lease.id,
      step: part.step,
      part: part.number,
      fence: lease.fence,
      rows: (first ? 0 : (before?.rows ?? 0)) + part.rows.length - refused.length,
      entries,
      told: (first ? 0 : (before?.told ?? 0)) + told.length,
      seen: (first ? 0 : (before?.seen ?? 0)) + seen.length - unseen.length,
      blind,
    },
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, shownForm)),
  }
}

/** @throws SyncError `retry` where the server lost what was staged: it gives such tables back empty after a crash. */
export async function checkEntries({ db }: Session, staging: PostgresStaging): Promise<void> {
  const { rows } = await sql<{ entries: bigint }>`select count(*) as entries from ${stagingTable(staging)}`.execute(db)
  if (Number(rows[0]?.entries) === staging.entries) return
  throw new SyncError(
    `the server lost rows of "${staging.target.layout.name}" that were staged, as it does when it crashes; they are read again`,
    'retry',
    { code: 'staging-lost' },
  )
}

/** Leaves one entry a key: of versions the greatest position (a deletion wins a tie), the last among equals. */
export async function resolveEntries(session: Session, staging: PostgresStaging): Promise<void> {
  const { target, told, seen } = staging
  const { key, cursored } = target.layout
  const table = stagingTable(staging)
  // A deletion is void where a newer version came, even one that was rejected: the row is there.
  if (told > 0 && seen > 0) {
    const same = sql.join(
      key.map((name) => sql`n.${sql.id(name)} = d.${sql.id(name)}`),
      sql` and `,
    )
    await changed(
      session,
      sql`delete from ${table} as d where d._kind = 1 and exists (select from ${table} as n where n._kind = 2 and ${same} and (n._cursor <= d._cursor) is not true)`,
    )
  }
  const order = cursored ? sql`_cursor desc nulls last, (_kind = 1) desc, _at desc` : sql`_at desc`
  await changed(
    session,
    sql`delete from ${table} where ctid in (select place from (select ctid as place, row_number() over (partition by ${list(key)}
      order by (_kind = 2), ${order}) as rank from ${table}) as ranked where rank > 1)`,
  )
  // In a whole read a key that was reported as deleted is a key that did not come.
  if (told > 0 && !cursored) await changed(session, sql`delete from ${table} where _kind = 1`)
}

export async function dropStaging(session: Session, staging: PostgresStaging): Promise<void> {
  await dropTable(session, stagingTable(staging))
}

/** Where somebody reads it, as a dump does, it stays until its lease is taken the next time. */
async function dropTable(session: Session, table: RawBuilder<unknown>): Promise<void> {
  await unlessLocked(session, () => sql`drop table if exists ${table}`.execute(session.db))
}

/** Staging tables that a runner left behind which is no more. */
export async function dropLeftovers(session: Session, schema: string, leases: readonly Lease[]): Promise<void> {
  const { db } = session
  const ids = new Set(leases.map(({ id }) => String(id)))
  const { rows } = await sql<{ name: string }>`select relname as name from pg_catalog.pg_class
    where relkind = 'r' and starts_with(relname, ${PREFIX})
    and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  for (const { name } of rows) {
    const lease = name.slice(PREFIX.length).split('_')[0] ?? ''
    if (ids.has(lease)) await dropTable(session, sql.id(schema, name))
  }
}
