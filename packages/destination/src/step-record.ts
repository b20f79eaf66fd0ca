import { createHash } from 'node:crypto'
import type { Reject, StepRef } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from './chunks.ts'
import type { StateDatabase } from './state-tables.ts'

type Db = Kysely<StateDatabase>

/** Rows of one step, to be added to its record. */
export interface StepCounts {
  readonly read: number
  readonly written: number
  readonly unchanged: number
  readonly deduped: number
  readonly trimmed: number
  readonly rejected: number
  readonly deleted: number
}

export interface StepRecord {
  readonly counts: StepCounts
  readonly parts: number
  readonly endedAt: bigint | undefined
  readonly durationMs: number
  readonly error?: string | undefined
}

/** Writes a step's record, or adds to it. */
export async function recordStep(db: Db, step: StepRef, record: StepRecord): Promise<void> {
  const { counts } = record
  const add = (column: string) =>
    sql<bigint>`${sql.ref(`_tidemark_steps.${column}`)} + ${sql.ref(`excluded.${column}`)}`
  await db
    .insertInto('_tidemark_steps')
    .values({
      run: step.run,
      step: step.step,
      name: step.table,
      partition: step.partition,
      kind: step.kind,
      from_position: step.window?.from ?? null,
      to_position: step.window?.to ?? null,
      began_at: step.beganAt,
      ended_at: record.endedAt ?? null,
      parts: record.parts,
      rows_read: counts.read,
      rows_written: counts.written,
      rows_unchanged: counts.unchanged,
      rows_deduped: counts.deduped,
      rows_trimmed: counts.trimmed,
      rows_rejected: counts.rejected,
      rows_deleted: counts.deleted,
      duration_ms: Math.round(record.durationMs),
      error: record.error ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['run', 'step']).doUpdateSet({
        ended_at: record.endedAt ?? null,
        parts: sql`case when excluded.parts > _tidemark_steps.parts then excluded.parts else _tidemark_steps.parts end`,
        rows_read: add('rows_read'),
        rows_written: add('rows_written'),
        rows_unchanged: add('rows_unchanged'),
        rows_deduped: add('rows_deduped'),
        rows_trimmed: add('rows_trimmed'),
        rows_rejected: add('rows_rejected'),
        rows_deleted: add('rows_deleted'),
        duration_ms: add('duration_ms'),
        error: record.error ?? null,
      }),
    )
    .execute()
}

/** The longest key in bytes that an index of every database takes beside a table's and a partition's name. */
const KEY_BYTES = 500

/** A key as it is looked up: a long one by its beginning and a hash. Whole it stands in the payload. */
function shortKey(key: string): string {
  if (Buffer.byteLength(key) <= KEY_BYTES) return key
  return `${key.slice(0, 100).toWellFormed()}… sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** Writes rejects; the same row rejected before is replaced. */
export async function recordRejects(db: Db, step: StepRef, rejects: readonly Reject[], now: bigint): Promise<void> {
  const found = rejects.map((one) => (one.key === undefined ? one : { ...one, key: shortKey(one.key) }))
  for (const chunk of chunks(found)) {
    const keys = chunk.flatMap(({ key }) => (key === undefined ? [] : [key]))
    const before = () =>
      db.deleteFrom('_tidemark_rejects').where('name', '=', step.table).where('partition', '=', step.partition)
    await before()
      .where(
        'hash',
        'in',
        chunk.map(({ hash }) => hash),
      )
      .execute()
    if (keys.length > 0) await before().where('key', 'in', keys).execute()
    // Within one part, too, the last one of a key stands for it.
    const last = new Map(chunk.map((reject) => [reject.key ?? `#${reject.hash}`, reject]))
    await db
      .insertInto('_tidemark_rejects')
      .values(
        [...last.values()].map((reject) => ({
          name: step.table,
          partition: step.partition,
          run: step.run,
          step: step.step,
          key: reject.key ?? null,
          position: reject.position ?? null,
          code: reject.code,
          message: reject.message,
          payload: reject.payload,
          hash: reject.hash,
          rejected_at: now,
        })),
      )
      .execute()
  }
}
