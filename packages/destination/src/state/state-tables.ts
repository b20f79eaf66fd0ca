import type { Generated } from 'kysely'

/** A 64-bit integer as a driver gives it back. */
export type Int64 = number | bigint

/** The state tables, as Kysely sees them. `migrations.ts` makes them. */
export interface StateDatabase {
  _tidemark_meta: { version: Int64 }
  _tidemark_tables: {
    name: string
    source: string
    table_name: string
    status: string
    /** Contract facts as JSON; null before the table was first prepared. */
    facts: string | null
    cursor_type: string | null
    /** 1 after a reset: the next `prepare` may give the table another key. */
    free: Int64
    identity: string | null
    filled: Int64
    paused_for: string | null
    first_seen_at: Int64
    last_synced_at: Int64 | null
    last_checked_at: Int64 | null
    /** Names of fields as JSON; null: none. */
    undeclared: string | null
    project: string | null
    /** 1: the source reports rows that are gone. */
    reports_deletions: Int64 | null
    removed_at: Int64 | null
    /** Of the table as a whole, in a row; null: none. */
    failures: Int64 | null
    last_error: string | null
    error_code: string | null
    error_remedy: string | null
    next_try_at: Int64 | null
  }
  _tidemark_partitions: {
    name: string
    partition: string
    cut: Int64 | null
    start_position: Int64 | null
    completed_at: Int64 | null
    revision: string | null
    revision_facts: string | null
    seen: string | null
    seen_end: Int64 | null
    failures: Int64
    next_try_at: Int64 | null
    last_error: string | null
    error_code: string | null
    error_remedy: string | null
    failed_from: Int64 | null
    failed_to: Int64 | null
    checked_at: Int64 | null
    gone_at: Int64 | null
    generation: string | null
    too_young: Int64 | null
    without_cursor: Int64 | null
  }
  _tidemark_coverage: {
    name: string
    partition: string
    from_position: Int64 | null
    to_position: Int64
    claimed: Int64
  }
  _tidemark_rereads: {
    id: Generated<Int64>
    name: string
    partition: string
    from_position: Int64 | null
    to_position: Int64 | null
    asked_at: Int64
    reason: string
  }
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
  _tidemark_runs: {
    run: Generated<Int64>
    runner: string
    host: string
    pid: Int64
    started_at: Int64
    ended_at: Int64 | null
    exit_code: Int64 | null
    error: string | null
    /** Steps of it that changed nothing, whose records are folded; null: none was looked at so far. */
    folded_steps: Int64 | null
    /** Tables of which no other record is left. */
    folded_tables: Int64 | null
    folded_read: Int64 | null
    folded_unchanged: Int64 | null
    folded_deduped: Int64 | null
    folded_trimmed: Int64 | null
    /** What ended it before its end: `SIGINT`, `SIGTERM`, `max-time`; null: nothing did. */
    ended_by: string | null
  }
  _tidemark_steps: {
    run: Int64
    step: Int64
    name: string
    partition: string
    kind: string
    from_position: Int64 | null
    to_position: Int64 | null
    began_at: Int64
    ended_at: Int64 | null
    parts: Int64
    rows_read: Int64
    rows_written: Int64
    rows_unchanged: Int64
    rows_deduped: Int64
    rows_trimmed: Int64
    rows_rejected: Int64
    rows_deleted: Int64
    duration_ms: Int64
    /** Of it, what the destination took to write. */
    writing_ms: Int64
    /** 1, or more where it was tried again after a failure. */
    attempt: Int64
    error: string | null
  }
  /** Steps that changed nothing, of a table, a partition and a kind of step on one day, as one record. */
  _tidemark_folded_steps: {
    name: string
    partition: string
    kind: string
    /** Days since 1970. */
    day: Int64
    steps: Int64
    first_run: Int64
    last_run: Int64
    /** The lowest start and the highest end of their windows. */
    from_position: Int64 | null
    to_position: Int64 | null
    began_at: Int64
    ended_at: Int64
    rows_read: Int64
    rows_unchanged: Int64
    rows_deduped: Int64
    rows_trimmed: Int64
    duration_ms: Int64
    writing_ms: Int64
  }
  /** Runs of one day that ended well and changed nothing, as one record. */
  _tidemark_folded_runs: {
    day: Int64
    runs: Int64
    first_run: Int64
    last_run: Int64
    started_at: Int64
    ended_at: Int64
    steps: Int64
    rows_read: Int64
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
  /** What was done to the tables' shapes, and when. */
  _tidemark_changes: { id: Generated<Int64>; name: string; change: string; changed_at: Int64 }
  _tidemark_rejects: {
    id: Generated<Int64>
    name: string
    partition: string
    run: Int64
    step: Int64
    key: string | null
    position: Int64 | null
    code: string
    message: string
    payload: string
    hash: string
    rejected_at: Int64
    /** How many rows it stands for: equal ones, or versions of one key, of one step. */
    times: Int64
  }
}
