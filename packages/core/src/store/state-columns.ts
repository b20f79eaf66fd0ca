/** What a field of the state holds: a text, a 64-bit integer, or one that the database counts; and whether it may be NULL. */
export type FieldType = 'text' | 'text?' | 'integer' | 'integer?' | 'id'

/**
 * The state as records, field by field: what its tables hold, and how it is exported and moved. This is
 * the only place that declares them: the types of destinations and the form of exports are derived from it, and the
 * tables that migrations make are compared with it. Who runs and holds what is not part of it.
 */
export const STATE_RECORDS = {
  tables: {
    name: 'text',
    source: 'text',
    table_name: 'text',
    status: 'text',
    /** The schema that was recorded last, as JSON; null before the table was first prepared. */
    schema: 'text?',
    cursor_type: 'text?',
    /** 1 after a reset: the next `prepare` may give the table another key. */
    reshape_allowed: 'integer',
    identity: 'text?',
    ever_filled: 'integer',
    paused_for: 'text?',
    first_seen_at: 'integer',
    last_synced_at: 'integer?',
    last_checked_at: 'integer?',
    /** Names of fields as JSON; null: there are no such fields. */
    undeclared: 'text?',
    project: 'text?',
    /** 1: the source reports deleted rows. */
    reports_deletions: 'integer?',
    removed_at: 'integer?',
    /** Of the table as a whole, in a row. */
    failures: 'integer?',
    last_error: 'text?',
    error_code: 'text?',
    error_remedy: 'text?',
    next_try_at: 'integer?',
    /** Its feed, and the numbers of that when the table joined it and when its present life began; null: it is of none. */
    feed: 'text?',
    since_seq: 'integer?',
    epoch_seq: 'integer?',
    /** The life for which all that was there before is read; null: for none. */
    backfilled_seq: 'integer?',
    /** 1: there may be rows of which something is missing. */
    has_missing: 'integer?',
  },
  /** Sources that tell changes, with the offset up to which they are committed. */
  feeds: {
    source: 'text',
    feed: 'text',
    /** JSON, as the source gave it. */
    committed_offset: 'text?',
    seq: 'integer',
    /** Its number with that offset: no change up to the offset has a greater one, and every later one has. */
    offset_seq: 'integer?',
    /** Made at random, once: names this destination's use of it. */
    id: 'text',
    identity: 'text?',
    /** 1: its connector keeps a state of its own in the offset. */
    opaque: 'integer',
    committed_at: 'integer?',
    told_at: 'integer?',
    completed_at: 'integer?',
    /** Names of tables whose changes were left out, as JSON; null: of no table. */
    left_out: 'text?',
    lost_for: 'text?',
    /** What the source was seen to keep for it, as JSON. */
    backlog: 'text?',
    project: 'text?',
  },
  /** Parts of tables of feeds that are read beside the feed. */
  chunks: {
    name: 'text',
    ordinal: 'integer',
    /** What the source calls it, as JSON. */
    label: 'text',
    /** The life of the table for which it was cut. */
    epoch_seq: 'integer',
    /** 1: its rows are there. */
    is_read: 'integer',
  },
  partitions: {
    name: 'text',
    partition: 'text',
    backfill_end: 'integer?',
    start_position: 'integer?',
    completed_at: 'integer?',
    revision: 'text?',
    revision_schema_hash: 'text?',
    pending_revision: 'text?',
    pending_revision_end: 'integer?',
    failures: 'integer',
    next_try_at: 'integer?',
    last_error: 'text?',
    error_code: 'text?',
    error_remedy: 'text?',
    failed_from: 'integer?',
    failed_to: 'integer?',
    checked_at: 'integer?',
    removed_at: 'integer?',
    generation: 'text?',
    too_young: 'integer?',
    without_cursor: 'integer?',
  },
  coverage: {
    name: 'text',
    partition: 'text',
    from_position: 'integer?',
    to_position: 'integer',
    assumed: 'integer',
  },
  /** Ranges of keys that full refreshes have committed which are not complete yet. */
  refreshed_ranges: {
    name: 'text',
    partition: 'text',
    from_key: 'integer?',
    to_key: 'integer?',
    read_at: 'integer',
    /** What it was read as: only ranges of one version make a full refresh. */
    version: 'text',
    revision: 'text?',
    rows_deleted: 'integer',
    /** 1: which of its rows were deleted could not be told. */
    deletions_unknown: 'integer',
  },
  resyncs: {
    id: 'id',
    name: 'text',
    partition: 'text',
    from_position: 'integer?',
    to_position: 'integer?',
    requested_at: 'integer',
    reason: 'text',
  },
  /** What was done to the tables' shapes, and when. */
  changes: { id: 'id', name: 'text', change: 'text', changed_at: 'integer' },
  rejects: {
    id: 'id',
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
    /** How many rows it stands for: equal ones, or versions of one key, of one step. */
    times: 'integer',
  },
  runs: {
    run: 'id',
    runner: 'text',
    host: 'text',
    pid: 'integer',
    started_at: 'integer',
    ended_at: 'integer?',
    exit_code: 'integer?',
    error: 'text?',
    /** What ended it before its end: `SIGINT`, `SIGTERM`, `max-time`, `crash`; null: nothing did. */
    ended_by: 'text?',
    /** Steps of it that changed nothing, whose records are folded; null: none was looked at so far. */
    folded_steps: 'integer?',
    /** Tables of which no other record is left. */
    folded_tables: 'integer?',
    folded_read: 'integer?',
    folded_unchanged: 'integer?',
    folded_deduped: 'integer?',
    folded_trimmed: 'integer?',
  },
  /** Runs of one day that ended well and changed nothing, as one record. */
  folded_runs: {
    /** Days since 1970. */
    day: 'integer',
    runs: 'integer',
    first_run: 'integer',
    last_run: 'integer',
    started_at: 'integer',
    ended_at: 'integer',
    steps: 'integer',
    rows_read: 'integer',
  },
  /** Steps that changed nothing, of a table, a partition and a kind of step on one day, as one record. */
  folded_steps: {
    name: 'text',
    partition: 'text',
    kind: 'text',
    day: 'integer',
    steps: 'integer',
    first_run: 'integer',
    last_run: 'integer',
    from_position: 'integer?',
    to_position: 'integer?',
    began_at: 'integer',
    ended_at: 'integer',
    rows_read: 'integer',
    rows_unchanged: 'integer',
    rows_deduped: 'integer',
    rows_trimmed: 'integer',
    duration_ms: 'integer',
    writing_ms: 'integer',
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
    batches: 'integer',
    rows_read: 'integer',
    rows_written: 'integer',
    rows_unchanged: 'integer',
    rows_deduped: 'integer',
    rows_trimmed: 'integer',
    rows_rejected: 'integer',
    rows_deleted: 'integer',
    duration_ms: 'integer',
    writing_ms: 'integer',
    /** 1, or more where it was tried again after a failure. */
    attempt: 'integer',
    error: 'text?',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, FieldType>>>>

export type RecordKind = keyof typeof STATE_RECORDS
export const RECORD_KINDS = Object.keys(STATE_RECORDS) as readonly RecordKind[]

/** The fields that identify and order the records of a kind. */
export const RECORD_ORDER: Readonly<Record<RecordKind, readonly string[]>> = {
  tables: ['name'],
  feeds: ['source', 'feed'],
  chunks: ['name', 'ordinal'],
  partitions: ['name', 'partition'],
  coverage: ['name', 'partition', 'assumed', 'to_position', 'from_position'],
  refreshed_ranges: ['name', 'partition', 'from_key', 'to_key'],
  resyncs: ['id'],
  changes: ['id'],
  rejects: ['id'],
  runs: ['run'],
  steps: ['run', 'step'],
  folded_runs: ['day'],
  folded_steps: ['name', 'partition', 'kind', 'day'],
}

/** One record: texts, 64-bit integers, NULL. */
export type StateRecord = Readonly<Record<string, string | bigint | null>>
/** Records of one kind, not all of them. */
export interface RecordChunk {
  readonly kind: RecordKind
  readonly records: readonly StateRecord[]
}
