/** What a field of the state holds: a text or a 64-bit integer, and whether it may be NULL. */
export type FieldType = 'text' | 'text?' | 'integer' | 'integer?'

/**
 * The state as records, field by field: what it is written down and carried elsewhere as. Who runs and holds what is no
 * part of it.
 */
export const STATE_RECORDS = {
  tables: {
    name: 'text',
    source: 'text',
    table_name: 'text',
    status: 'text',
    facts: 'text?',
    cursor_type: 'text?',
    free: 'integer',
    identity: 'text?',
    filled: 'integer',
    paused_for: 'text?',
    first_seen_at: 'integer',
    last_synced_at: 'integer?',
    last_checked_at: 'integer?',
    undeclared: 'text?',
    project: 'text?',
    reports_deletions: 'integer?',
    removed_at: 'integer?',
    failures: 'integer?',
    last_error: 'text?',
    error_code: 'text?',
    error_remedy: 'text?',
    next_try_at: 'integer?',
  },
  partitions: {
    name: 'text',
    partition: 'text',
    cut: 'integer?',
    start_position: 'integer?',
    completed_at: 'integer?',
    revision: 'text?',
    revision_facts: 'text?',
    seen: 'text?',
    seen_end: 'integer?',
    failures: 'integer',
    next_try_at: 'integer?',
    last_error: 'text?',
    error_code: 'text?',
    error_remedy: 'text?',
    failed_from: 'integer?',
    failed_to: 'integer?',
    checked_at: 'integer?',
    gone_at: 'integer?',
    generation: 'text?',
    too_young: 'integer?',
    without_cursor: 'integer?',
  },
  coverage: {
    name: 'text',
    partition: 'text',
    from_position: 'integer?',
    to_position: 'integer',
    claimed: 'integer',
  },
  rereads: {
    id: 'integer',
    name: 'text',
    partition: 'text',
    from_position: 'integer?',
    to_position: 'integer?',
    asked_at: 'integer',
    reason: 'text',
  },
  changes: { id: 'integer', name: 'text', change: 'text', changed_at: 'integer' },
  rejects: {
    id: 'integer',
    name: 'text',
    partition: 'text',
    run: 'integer',
    step: 'integer',
    key: 'text?',
    position: 'integer?',
    code: 'text',
    message: 'text',
    payload: 'text',
    hash: 'text',
    rejected_at: 'integer',
    times: 'integer',
  },
  runs: {
    run: 'integer',
    runner: 'text',
    host: 'text',
    pid: 'integer',
    started_at: 'integer',
    ended_at: 'integer?',
    exit_code: 'integer?',
    error: 'text?',
    ended_by: 'text?',
  },
  steps: {
    run: 'integer',
    step: 'integer',
    name: 'text',
    partition: 'text',
    kind: 'text',
    from_position: 'integer?',
    to_position: 'integer?',
    began_at: 'integer',
    ended_at: 'integer?',
    parts: 'integer',
    rows_read: 'integer',
    rows_written: 'integer',
    rows_unchanged: 'integer',
    rows_deduped: 'integer',
    rows_trimmed: 'integer',
    rows_rejected: 'integer',
    rows_deleted: 'integer',
    duration_ms: 'integer',
    writing_ms: 'integer',
    attempt: 'integer',
    error: 'text?',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, FieldType>>>>

export type RecordKind = keyof typeof STATE_RECORDS
export const RECORD_KINDS = Object.keys(STATE_RECORDS) as readonly RecordKind[]

/** The fields by which records of a kind are told apart and ordered. */
export const RECORD_ORDER: Readonly<Record<RecordKind, readonly string[]>> = {
  tables: ['name'],
  partitions: ['name', 'partition'],
  coverage: ['name', 'partition', 'claimed', 'to_position', 'from_position'],
  rereads: ['id'],
  changes: ['id'],
  rejects: ['id'],
  runs: ['run'],
  steps: ['run', 'step'],
}

/** One record: texts, 64-bit integers, NULL. */
export type StateRecord = Readonly<Record<string, string | bigint | null>>
/** Records of one kind, not all of them. */
export interface RecordChunk {
  readonly kind: RecordKind
  readonly records: readonly StateRecord[]
}
