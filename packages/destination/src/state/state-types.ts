import type { FieldType, STATE_RECORDS } from '@tidemark/core/engine'
import type { Generated } from 'kysely'

/** A 64-bit integer as a driver gives it back. */
export type Int64 = number | bigint

type Field<T extends FieldType> = T extends 'text'
  ? string
  : T extends 'text?'
    ? string | null
    : T extends 'integer'
      ? Int64
      : T extends 'id'
        ? Generated<Int64>
        : Int64 | null

type Records = typeof STATE_RECORDS

/** What is written down and carried elsewhere, as core declares it field by field. */
type RecordTables = {
  [K in keyof Records as `_tidemark_${K}`]: {
    [F in keyof Records[K]]: Field<Records[K][F] & FieldType>
  }
}

/** Tables of this database alone: who runs, who holds what, and what is true only here. */
interface OwnTables {
  _tidemark_meta: { version: Int64 }
  _tidemark_runners: {
    id: string
    host: string
    pid: Int64
    started_at: Int64
    heartbeat_at: Int64
    lease_ms: Int64
    /** How often its command syncs; null: once. */
    every_ms: Int64 | null
    /** When its next run is due; null: it waits for none. */
    due_at: Int64 | null
  }
  _tidemark_leases: {
    id: Generated<Int64>
    name: string
    runner: string | null
    fence: Int64
    commits: Int64
    since: Int64 | null
  }
  /** Windows of tables that no runner holds as a whole, and leases beside that of a whole table. */
  _tidemark_window_leases: {
    id: Generated<Int64>
    table_lease: Int64
    /** That of the table's lease when it was taken: where that has another by now, this one is over. */
    fence: Int64
    partition: string
    from_position: Int64 | null
    /** Null: without an end. */
    to_position: Int64 | null
    runner: string
    commits: Int64
    since: Int64
  }
  /** Sources that could not be asked for their tables, since when, and why. */
  _tidemark_failing_sources: {
    source: string
    /** As of a table; empty: nobody's. */
    project: string
    failures: Int64
    failed_at: Int64
    error: string
    error_code: string | null
    error_remedy: string | null
  }
  /** What channels received of what the state says. Made by the first process that has a channel. */
  _tidemark_notices: {
    /** As of a source that fails. */
    project: string
    channel: string
    key: string
    since: Int64
    level: Int64
    delivered_at: Int64 | null
    times: Int64
    sending_at: Int64 | null
    offered: Int64 | null
    failures: Int64
    next_try_at: Int64 | null
    last_error: string | null
  }
  /** What runs logged. Made by the first run that logs something. */
  _tidemark_run_log: {
    run: Int64
    line: Int64
    at: Int64
    level: string
    event: string
    source: string | null
    name: string | null
    partition: string | null
    message: string
    fields: string | null
  }
  /** How many pages steps have read. Made by the first run that reads one. */
  _tidemark_pages: {
    name: string
    kind: string
    steps: Int64
    pages: Int64
  }
}

/** The state tables, as Kysely sees them. `migrations.ts` makes them; a test compares both. */
export type StateDatabase = RecordTables & OwnTables
