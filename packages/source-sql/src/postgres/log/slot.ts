import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, SyncError } from '@tidemark/core'
import type pg from 'pg'
import { ask } from '../session.ts'
import { parseSnapshot } from './snapshot.ts'
import { endOfRecords, formatWalPosition, parseWalPosition } from './wal-position.ts'

/** Where a server is in its log, and which server and history of it that is. */
export interface LogHead {
  readonly lsn: string
  /** The cluster's own number; null: this user may not ask for it. */
  readonly system: string | null
  readonly timeline: number
}

/** What is known of a slot. */
export interface SlotState {
  /** Null: nobody reads it. */
  readonly activePid: number | null
  readonly plugin: string
  readonly isHere: boolean
  /** `lost`: what it needs is gone. */
  readonly walStatus: string | null
  readonly confirmed: bigint
}

const HEAD = `
  SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
      -- What is being replayed may be seen already, and was received before.
      THEN greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
      ELSE pg_catalog.pg_current_wal_insert_lsn() END::text, CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
      THEN (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) END,
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN '0' ELSE pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END`

/** Where everything that can be seen now is written before. A standby has no timeline to tell (0). */
export async function logHead(client: pg.Client): Promise<LogHead> {
  const [inserted, system, timeline] = (await ask(client, HEAD))[0]!
  return {
    lsn: formatWalPosition(endOfRecords(parseWalPosition(inserted!))),
    system: system ?? null,
    timeline: Number.parseInt(timeline!, 16),
  }
}

export async function slotState(client: pg.Client, slot: string): Promise<SlotState | undefined> {
  const [row] = await ask(
    client,
    `SELECT active_pid, plugin, database = pg_catalog.current_database(), wal_status, confirmed_flush_lsn::text
    FROM pg_catalog.pg_replication_slots WHERE slot_name = $1`,
    [slot],
  )
  if (row === undefined) return undefined
  const [pid, plugin, here, walStatus, confirmed] = row
  return {
    activePid: pid === null ? null : Number(pid),
    plugin: plugin!,
    isHere: here === 't',
    walStatus: walStatus ?? null,
    confirmed: parseWalPosition(confirmed ?? '0/0'),
  }
}

/** Whether the server can write a log of changes. @throws SyncError `fix-config` with what is to be done where it cannot. */
export async function checkServer(client: pg.Client, label: string): Promise<void> {
  const [problem] = await serverProblems(client)
  if (problem !== undefined) throw new SyncError(`${label}: ${problem}`, 'fix-config', { code: 'log' })
}

/** Why the server cannot write a log of changes, and what is to be done. */
export async function serverProblems(client: pg.Client): Promise<readonly string[]> {
  const [level, standby, version] = (
    await ask(
      client,
      `SELECT current_setting('wal_level'), pg_catalog.pg_is_in_recovery(), current_setting('server_version_num')`,
    )
  )[0]!
  return [
    ...(Number(version) < 140_000 ? [`replication: 'log' needs Postgres 14 or later`] : []),
    ...(standby === 't'
      ? [`it is a standby, and replication: 'log' reads the log of the primary; name that in the URL`]
      : []),
    ...(level === 'logical'
      ? []
      : [
          `its wal_level is ${level}, so its log does not hold changes of rows; ALTER SYSTEM SET wal_level = 'logical', and restart the server`,
        ]),
  ]
}

/** How often a warning says what the slot waits for. */
const TELL_MS = 10_000

/** Makes a slot. It waits until all transactions that are open are over. */
export async function createSlot(
  client: pg.Client,
  slot: string,
  { log, watch, signal }: { readonly log: Logger; readonly watch: pg.Client; readonly signal: AbortSignal },
): Promise<void> {
  const [version] = (await ask(client, `SELECT current_setting('server_version_num')`))[0]!
  // From 17 on a standby that is promoted has it too, where the server keeps it there.
  const failover = Number(version) >= 170_000 ? ', failover => true' : ''
  const created = ask(client, `SELECT pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput'${failover})`, [slot])
  const isOver = new AbortController()
  void tellBlockers(watch, { log, signal: AbortSignal.any([isOver.signal, signal]) }).catch(() => {})
  await created.finally(() => isOver.abort())
}

/** Transactions that are in progress: the low 32 bits of their numbers. */
export async function openTransactions(client: pg.Client): Promise<readonly number[]> {
  const [snapshot] = (await ask(client, 'SELECT pg_catalog.pg_current_snapshot()::text'))[0]!
  return [...parseSnapshot(snapshot!).inProgress].map((xid) => Number(BigInt.asUintN(32, xid)))
}

const OLDEST = `
  SELECT pid, usename, application_name, (extract(epoch FROM clock_timestamp() - xact_start))::int8 FROM pg_catalog.pg_stat_activity
  WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() ORDER BY xact_start LIMIT 1`

async function tellBlockers(
  client: pg.Client,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await sleep(TELL_MS, undefined, { signal, ref: false })
    const [row] = await ask(client, OLDEST)
    if (row === undefined) continue
    const [pid, user, application, seconds] = row
    log.warn(
      `the replication slot is created once all open transactions have ended; the oldest has been open for ${seconds} s: process ${pid}, user ${user}, "${application}"`,
    )
  }
}

/** Drops a slot; one that is not there is dropped. @throws SyncError `retry` while somebody reads it. */
export async function dropSlot(client: pg.Client, slot: string, label: string): Promise<void> {
  const state = await slotState(client, slot)
  if (state === undefined) return
  if (state.activePid !== null) throw heldSlot(label, slot, state.activePid)
  await ask(client, 'SELECT pg_catalog.pg_drop_replication_slot($1)', [slot])
}

export function heldSlot(label: string, slot: string, pid: number | undefined): SyncError {
  return new SyncError(
    `${label}: the replication slot "${slot}" is read by another runner${pid === undefined ? '' : ` (process ${pid} of the server)`}; it is free when that ends`,
    'retry',
    { code: 'log-held' },
  )
}
