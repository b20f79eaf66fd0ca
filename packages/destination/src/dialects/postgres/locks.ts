import { setTimeout as sleep } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { sql } from 'kysely'
import type { QueryResult } from 'pg'
import { stateOf } from './errors.ts'
import { MOMENT_MS } from './opening.ts'
import type { Reserved, Sessions } from './sessions.ts'

/** Whether a lock was not to be had in time. */
export function isLocked(error: unknown): boolean {
  return stateOf(error) === '55P03'
}

/**
 * Does what is not needed at once, where nobody has locked what it needs: one statement, in one message with all around it.
 *
 * @returns its result; undefined where it is not done.
 */
export async function unlessLocked({ client }: Reserved, statement: string): Promise<QueryResult | undefined> {
  try {
    const results = await client.query(
      `savepoint unlocked; select set_config('tidemark.lock_timeout', current_setting('lock_timeout'), true);
      set local lock_timeout = '${MOMENT_MS}ms';
      ${statement};
      select set_config('lock_timeout', current_setting('tidemark.lock_timeout'), true); release unlocked`,
    )
    return (results as unknown as readonly QueryResult[])[3]
  } catch (error) {
    if (!isLocked(error)) throw error
    await client.query('rollback to unlocked; release unlocked')
    return undefined
  }
}

/** Tries again until nobody is in the way, or the time is over: others queue behind each try for a moment only. */
export async function untilUnlocked<T>(lockMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + lockMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isInTheWay = SyncError.is(error) && error.code === 'destination-locked'
      if (!isInTheWay || performance.now() > deadline) throw error
      await sleep(1000)
    }
  }
}

interface Blocker {
  readonly pid: number
  readonly role: string | null
  readonly program: string
  readonly mode: string
  readonly state: string | null
}

/** Locks that keep rows from being written, the strongest first. */
const STRONG = ['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock']

/**
 * The error where a table could not be changed or written because of a lock: that table waits, and the message names who has locked it.
 * Where the state itself is locked, no table can be written, and the error is what it was.
 */
export function explainingLock(sessions: Sessions, place: LockedPlace): (error: unknown) => Promise<never> {
  return async (error) => {
    throw await explained(error, sessions, place)
  }
}

export interface LockedPlace {
  readonly schema: string
  readonly name: string
}

/** The same where a table could not be read. */
export function explainingReadLock(sessions: Sessions, place: LockedPlace): (error: unknown) => Promise<never> {
  return async (error) => {
    const lock = await lockOn(error, sessions, place)
    if (lock === undefined) throw error
    throw new SyncError(
      `table "${place.name}" is locked by ${lock.who}, so it was not read. Run again when the lock is released, or end the session that holds it: ${lock.end}`,
      'retry',
      { code: 'destination-locked', cause: error },
    )
  }
}

/** Rows of a table, with the error that names who has locked it. */
export async function* unlocked<T>(sessions: Sessions, place: LockedPlace, rows: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* rows
  } catch (error) {
    await explainingReadLock(sessions, place)(error)
  }
}

async function explained(error: unknown, sessions: Sessions, place: LockedPlace): Promise<unknown> {
  const lock = await lockOn(error, sessions, place)
  if (lock === undefined) return error
  return new SyncError(
    `table "${place.name}" is locked by ${lock.who}; Tidemark tries again, and nothing of this was written. To continue at once, end the session that holds the lock: ${lock.end}`,
    'retry',
    { code: 'table-locked', cause: error },
  )
}

/** Who has locked a table, where an error says that it is; undefined where the state is locked, or nothing is. */
async function lockOn(
  error: unknown,
  sessions: Sessions,
  place: LockedPlace,
): Promise<{ readonly who: string; readonly end: string } | undefined> {
  if (!SyncError.is(error) || error.code !== 'destination-locked') return undefined
  const found = await sessions.transaction({ mode: 'read' }, ({ db }) => blockersOf(db, place)).catch(() => undefined)
  if (found === undefined || found.state.length > 0) return undefined
  const who = found.table.length === 0 ? 'another program' : found.table.slice(0, 3).map(shown).join(', ')
  return { who, end: `select pg_terminate_backend(${found.table[0]?.pid ?? '<pid>'})` }
}

const shown = ({ pid, role, program, mode, state }: Blocker): string =>
  `session ${pid}${role === null ? '' : ` of "${role}"`}${program === '' ? '' : ` (${program})`}, which holds ${mode}${state === null ? '' : ` and is ${state}`}`

async function blockersOf(
  db: Reserved['db'],
  { schema, name }: LockedPlace,
): Promise<{ readonly table: readonly Blocker[]; readonly state: readonly Blocker[] }> {
  const { rows } = await sql<Blocker & { readonly ours: boolean }>`select l.pid, a.usename as role,
      coalesce(a.application_name, '') as program, l.mode, a.state, c.relname <> ${name} as ours
    from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.granted and l.pid <> pg_catalog.pg_backend_pid() and l.locktype = 'relation'
    and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})
    and (c.relname = ${name} or (starts_with(c.relname, '_tidemark_') and not starts_with(c.relname, '_tidemark_staging_')
      and c.relkind = 'r' and l.mode in (${sql.join(STRONG)})))
    order by coalesce(array_position(cast(array[${sql.join(STRONG)}] as text[]), l.mode), 9), l.pid`.execute(db)
  return { table: rows.filter(({ ours }) => !ours), state: rows.filter(({ ours }) => ours) }
}
