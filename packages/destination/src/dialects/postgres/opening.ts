import { quotedName } from '../../values/literal.ts'
import type { Mode } from '../dialect.ts'
import { BACKEND } from './watch.ts'

/** How long a lock is waited for that others would queue behind. */
export const MOMENT_MS = 300

/** What a transaction is for; `query` reads by a statement that is the user's: nothing that it does to its session stays. */
export type SessionMode = Mode | 'query'

/** What a transaction depends on beside its mode. */
interface Around {
  readonly applicationName: string
  readonly schema: string
  readonly major: number
  readonly lockMs: number
  readonly idleMs: number
}

/**
 * Begins a transaction and says all that it depends on, in one message: whatever the role, the database or a pooler
 * has set, times are in UTC, names are ours, and rules that a user deferred speak before COMMIT.
 */
export function opening(mode: SessionMode, { applicationName, schema, major, lockMs, idleMs }: Around): string {
  const settings: Record<string, string> = {
    application_name: applicationName,
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    lock_timeout: `${mode === 'shape' ? Math.min(lockMs, MOMENT_MS) : lockMs}ms`,
    statement_timeout: '0',
    ...(major >= 17 ? { transaction_timeout: '0' } : {}),
    // Who reads rows may think about each for as long as it takes.
    idle_in_transaction_session_timeout: writes(mode) ? `${idleMs}ms` : '0',
    // A server that does not learn that the client disconnected would wait for the rest of a COPY for hours, with all its locks.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '4',
    jit: 'off',
    // A batch meets its rows by their keys: without statistics the planner would read the whole table for each.
    ...(mode === 'part' ? { enable_hashjoin: 'off', enable_mergejoin: 'off', enable_seqscan: 'off' } : {}),
  }
  const begin = writes(mode)
    ? 'begin isolation level read committed read write'
    : 'begin isolation level repeatable read read only'
  const sets = Object.entries(settings).map(([name, value]) => `set local ${name} = '${value.replaceAll("'", "''")}'`)
  const path = `set local search_path = ${quotedName(schema)}, pg_temp`
  return [begin, path, ...sets, 'set constraints all immediate', BACKEND].join('; ')
}

export function writes(mode: SessionMode): boolean {
  return mode === 'part' || mode === 'write' || mode === 'shape'
}
