import { createHash } from 'node:crypto'
import type { Reject, StepRef } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDatabase } from './state-types.ts'

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

export interface StepProgress {
  readonly counts: StepCounts
  readonly batches: number
  readonly endedAt: bigint | undefined
  /** Since the step began. */
  readonly durationMs: number
  /** What this batch took to write. */
  readonly writingMs: number
  readonly error?: string | undefined
}

/** What a step is, as its record has it from the start. */
function identityOf(step: StepRef) {
  return {
    run: step.run,
    step: step.step,
    name: step.table,
    partition: step.partition,
    kind: step.kind,
    from_position: (step.window ?? step.keyRange)?.from ?? null,
    to_position: (step.window ?? step.keyRange)?.to ?? null,
    began_at: step.beganAt,
    attempt: step.attempt,
  }
}

/** Writes a step's record, or adds to it. */
export async function recordStep(db: Db, step: StepRef, record: StepProgress): Promise<void> {
  const { counts } = record
  const greater = (column: string) =>
    sql<bigint>`case when ${sql.ref(`excluded.${column}`)} > ${sql.ref(`_tidemark_steps.${column}`)} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`_tidemark_steps.${column}`)} end`
  const add = (column: string) =>
    sql<bigint>`${sql.ref(`_tidemark_steps.${column}`)} + ${sql.ref(`excluded.${column}`)}`
  await db
    .insertInto('_tidemark_steps')
    .values({
      ...identityOf(step),
      ended_at: record.endedAt ?? null,
      batches: record.batches,
      rows_read: counts.read,
      rows_written: counts.written,
      rows_unchanged: counts.unchanged,
      rows_deduped: counts.deduped,
      rows_trimmed: counts.trimmed,
      rows_rejected: counts.rejected,
      rows_deleted: counts.deleted,
      duration_ms: Math.round(record.durationMs),
      writing_ms: Math.round(record.writingMs),
      error: record.error ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['run', 'step']).doUpdateSet({
        ended_at: record.endedAt ?? null,
        batches: greater('batches'),
        rows_read: add('rows_read'),
        rows_written: add('rows_written'),
        rows_unchanged: add('rows_unchanged'),
        rows_deduped: add('rows_deduped'),
        rows_trimmed: add('rows_trimmed'),
        rows_rejected: add('rows_rejected'),
        rows_deleted: add('rows_deleted'),
        duration_ms: greater('duration_ms'),
        writing_ms: add('writing_ms'),
        error: record.error ?? null,
      }),
    )
    .execute()
}

/** Creates the record of a step that has committed nothing so far; an existing one stays as it is. */
export async function recordStarted(db: Db, step: StepRef): Promise<void> {
  await db
    .insertInto('_tidemark_steps')
    .values({
      ...identityOf(step),
      ...NOTHING,
    })
    .onConflict((conflict) => conflict.columns(['run', 'step']).doNothing())
    .execute()
}

const NOTHING = {
  ended_at: null,
  batches: 0,
  rows_read: 0,
  rows_written: 0,
  rows_unchanged: 0,
  rows_deduped: 0,
  rows_trimmed: 0,
  rows_rejected: 0,
  rows_deleted: 0,
  duration_ms: 0,
  writing_ms: 0,
  error: null,
}

/** Removes rejects of keys that are settled by now: what was set aside of them says nothing any more. */
export async function strikeKeys(db: Db, table: string, keys: () => readonly string[]): Promise<void> {
  const own = () => db.deleteFrom('_tidemark_rejects').where('name', '=', table).where('partition', '=', '')
  const some = db.selectFrom('_tidemark_rejects').select('id').where('name', '=', table).where('key', 'is not', null)
  if ((await some.limit(1).executeTakeFirst()) === undefined) return
  for (const chunk of chunks(keys())) await own().where('key', 'in', chunk.map(shortKey)).execute()
}

/** Removes rejects of versions below a number, which are gone. */
export async function strikeBelow(db: Db, table: string, below: bigint): Promise<void> {
  await db.deleteFrom('_tidemark_rejects').where('name', '=', table).where('position', '<', below).execute()
}

/** The longest key in bytes that an index of every database takes beside a table's and a partition's name. */
const KEY_BYTES = 500

/** A key as it is looked up: a long one by its beginning and a hash. Whole it stands in the payload. */
function shortKey(key: string): string {
  if (Buffer.byteLength(key) <= KEY_BYTES) return key
  return `${key.slice(0, 100).toWellFormed()}… sha256:${createHash('sha256').update(key).digest('hex')}`
}

/**
 * Writes rejected rows. The same row rejected by an earlier step is replaced; one that comes again in its own step is
 * counted there, so that the counts of all records of a step add up to the rows that it rejected.
 */
export async function recordRejects(db: Db, step: StepRef, rejects: readonly Reject[], now: bigint): Promise<void> {
  const found = rejects.map((one) => (one.key === undefined ? one : { ...one, key: shortKey(one.key) }))
  for (const chunk of chunks(found)) {
    const before = await takeEarlier(db, step, chunk)
    // Of one key the last version stands for all.
    const last = new Map<string, { readonly reject: Reject; readonly times: number }>()
    for (const reject of chunk) {
      const id = idOf(reject)
      last.set(id, { reject, times: (last.get(id)?.times ?? before.get(id) ?? 0) + 1 })
    }
    await db
      .insertInto('_tidemark_rejects')
      .values(
        [...last.values()].map(({ reject, times }) => ({
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
          times,
        })),
      )
      .execute()
  }
}

const idOf = ({ key, hash }: { readonly key?: string | null | undefined; readonly hash: string }): string =>
  key ?? `#${hash}`

/** Removes what stands for the same rows. @returns how often the step itself has rejected them so far. */
async function takeEarlier(db: Db, step: StepRef, rejects: readonly Reject[]): Promise<ReadonlyMap<string, number>> {
  const remove = () =>
    db
      .deleteFrom('_tidemark_rejects')
      .where('name', '=', step.table)
      .where('partition', '=', step.partition)
      .returning(['key', 'hash', 'run', 'step', 'times'])
  const hashes = rejects.map(({ hash }) => hash)
  const keys = rejects.flatMap(({ key }) => (key === undefined ? [] : [key]))
  const removed = await remove().where('hash', 'in', hashes).execute()
  if (keys.length > 0) removed.push(...(await remove().where('key', 'in', keys).execute()))
  const own = removed.filter((one) => Number(one.run) === step.run && Number(one.step) === step.step)
  return new Map(own.map((one) => [idOf(one), Number(one.times)]))
}
