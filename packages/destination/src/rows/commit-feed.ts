import {
  type Batch,
  type FeedBatch,
  type FeedCommitted,
  type FeedTableBatch,
  type FeedTableCommitted,
  failpoint,
  type Lease,
  leftOutFor,
  messageOf,
  type Project,
  type Reject,
} from '@tidemark/core/engine'
import { type Session, Withdrawn } from '../dialects/dialect.ts'
import { isOf, type Staging } from '../dialects/staging.ts'
import {
  completeFed,
  epochOf,
  leavingOut,
  recordBackfilled,
  recordFeed,
  recordJoins,
  recordMissing,
  refuseSeq,
  seqOf,
} from '../state/feed-record.ts'
import { recordFact } from '../state/state-store.ts'
import { recordRejects, recordStep, strikeBelow, strikeKeys } from '../state/step-record.ts'
import { purgeRows, recordFilled } from './commit.ts'
import { pastFedLimit } from './fed-reject-limit.ts'
import type { TableWriter } from './table-writer.ts'
import type { FedWritten } from './write-fed.ts'

export interface FeedCommit {
  readonly session: Session
  readonly batch: FeedBatch
  /** The stamp of this transaction. */
  readonly now: bigint
  readonly project: Project | undefined
  /** Undefined where the table was not prepared. */
  writerOf(lease: Lease): TableWriter | undefined
  /** What is kept beside a table without a key. */
  stagingOf(lease: Lease): Staging | undefined
  /** The number of the one that is made where it is missing. */
  freeSlot(): number
}

/** What is true once the transaction is committed. */
export interface FeedOutput {
  readonly committed: FeedCommitted
  readonly stagings: readonly (readonly [Lease, Staging | undefined])[]
}

/** Writes a batch of a feed, behind its fences and inside its transaction. */
export async function commitFeed(commit: FeedCommit): Promise<FeedOutput> {
  const { session, batch, now, project } = commit
  const { db } = session
  const last = await seqOf(db, batch)
  if (batch.seq !== (last ?? 0n) + 1n) refuseSeq(batch, last ?? 0n)
  if (last === undefined && batch.begins === undefined) throw new Error('the first batch of a feed says how it begins')
  const seq = await raised(commit)
  // What is withheld is known only when it is written.
  const isLimited = batch.tables.some((one) => one.replacedBelow !== undefined && one.deletionLimit !== undefined)
  const write = async () => {
    const output = await writeTables(commit, seq)
    return {
      keep: ![...output.committed.tables.values()].some(({ withheld }) => withheld !== undefined),
      value: output,
    }
  }
  const output = isLimited ? await session.tentatively(write) : (await write()).value
  if ([...output.committed.tables.values()].some(({ withheld }) => withheld !== undefined)) return nothingOf(output)
  await recordJoins(db, batch, seq)
  const refused = [...output.committed.tables].flatMap(([name, one]) => (one.refused === undefined ? [] : [name]))
  await recordFeed(db, await leavingOut(db, batch, refused), { seq, now, project })
  return output
}

/** The number that a batch takes: above all positions of the tables that join with it. */
async function raised({ batch, writerOf }: FeedCommit): Promise<bigint> {
  const { joins = [], tables } = batch
  let { seq } = batch
  if (joins.length === 0) return seq
  if (tables.some(({ rows, partial, deletions }) => rows.length + partial.length + deletions.length > 0))
    throw new Error('a batch in which tables join a feed has no rows: their number is not known before')
  for (const { lease, table } of joins) {
    const greatest = await prepared(writerOf(lease), table).greatest()
    if (greatest !== undefined && greatest >= seq) seq = greatest + 1n
  }
  return seq
}

function prepared(writer: TableWriter | undefined, table: string): TableWriter {
  if (writer?.layout.fed === true) return writer
  throw new Error(`the table "${table}" was not prepared as that of a feed`)
}

/** Of a batch that was withheld nothing is written. */
function nothingOf({ committed }: FeedOutput): FeedOutput {
  const none = { written: 0, unchanged: 0, rejected: 0, deleted: 0, incomplete: 0 }
  const tables = [...committed.tables].map(
    ([name, { withheld }]) => [name, withheld === undefined ? none : { ...none, withheld }] as const,
  )
  return { committed: { ...committed, tables: new Map(tables) }, stagings: [] }
}

async function writeTables(commit: FeedCommit, seq: bigint): Promise<FeedOutput> {
  const tables = new Map<string, FeedTableCommitted>()
  const stagings: (readonly [Lease, Staging | undefined])[] = []
  for (const part of commit.batch.tables) {
    const { result, staging } = await writeTable(commit, part, seq)
    tables.set(part.step.table, result)
    if (part.staging !== undefined) stagings.push([part.lease, staging])
  }
  return { committed: { seq, tables }, stagings }
}

async function writeTable(
  commit: FeedCommit,
  part: FeedTableBatch,
  seq: bigint,
): Promise<{ readonly result: FeedTableCommitted; readonly staging: Staging | undefined }> {
  const { session, batch, now } = commit
  const { db } = session
  const { step, counts, completes, lease } = part
  const startedAt = performance.now()
  const writer = prepared(commit.writerOf(lease), step.table)
  await recordRejects(db, step, part.rejects, now)
  const tried = await writer.attempt(() => writeJudged(commit, writer, part, seq))
  if (!tried.ok) return await refuseTable(commit, part, tried.error)
  const { written, unchanged, deleted, incomplete, rejects, withheld, staging } = tried.value
  await recordStep(db, step, {
    counts: { ...counts, written, unchanged, deleted, rejected: counts.rejected + rejects.length },
    batches: part.number,
    endedAt: completes?.last === true ? now : undefined,
    durationMs: part.durationMs,
    writingMs: performance.now() - startedAt,
  })
  if (part.backfilled === true) await recordBackfilled(db, step.table)
  if (incomplete > 0 || part.noneMissing === true) await recordMissing(db, step.table, incomplete > 0)
  await completeFed(db, part, { completedAt: batch.completedAt, now })
  // Marks that were kept for older versions, which do not come any more.
  const isConcluded = part.replacedBelow !== undefined || part.noneMissing === true
  const purged = part.purge && isConcluded ? await purgeRows(writer, '') : 0
  await recordFilled({ db, writer, lease }, { written, removed: deleted + purged })
  const result = { written, unchanged, deleted, incomplete, rejected: rejects.length }
  return { result: withheld === undefined ? result : { ...result, withheld }, staging }
}

/** So many rows of a table do not fit that none of them is written. */
class PastLimit extends Withdrawn {
  /** Rows that the database refused. */
  readonly rejects: readonly Reject[]

  constructor(why: string, rejects: readonly Reject[]) {
    super(why)
    this.rejects = rejects
  }
}

/** Writes a batch's rows. @throws PastLimit where too many do not fit. */
async function writeJudged(commit: FeedCommit, writer: TableWriter, part: FeedTableBatch, seq: bigint) {
  const {
    session: { db },
    now,
  } = commit
  const { step, replacedBelow } = part
  const rows = await writeRows(commit, writer, part, seq)
  failpoint('after-rows')
  await strikeKeys(db, step.table, () => rows.settled().map((key) => writer.keyText(key)))
  if (replacedBelow !== undefined) await strikeBelow(db, step.table, replacedBelow)
  await recordRejects(db, step, rows.rejects, now)
  failpoint('after-rejects')
  const past = await pastFedLimit({ db, batch: part, refused: rows.rejects.map(({ message }) => message), now })
  if (past !== undefined) throw new PastLimit(past, rows.rejects)
  return rows
}

/** A table whose changes cannot be written is paused, and the others go on. */
async function refuseTable(
  { session: { db }, now, stagingOf }: FeedCommit,
  { lease, step, counts, number, durationMs }: FeedTableBatch,
  error: unknown,
): Promise<{ readonly result: FeedTableCommitted; readonly staging: Staging | undefined }> {
  const isPast = error instanceof PastLimit
  if (isPast) await recordRejects(db, step, error.rejects, now)
  const refused = isPast ? error.message : `the database refused its changes: ${messageOf(error)}`
  const nothing = { written: 0, unchanged: 0, deleted: 0 }
  await recordStep(db, step, {
    counts: { ...counts, ...nothing },
    batches: number,
    endedAt: now,
    durationMs,
    writingMs: 0,
    error: refused,
  })
  await recordFact(db, step.table, { kind: 'table', status: 'paused', pausedFor: leftOutFor(refused) }, now)
  return { result: { ...nothing, incomplete: 0, rejected: 0, refused }, staging: stagingOf(lease) }
}

async function writeRows(
  commit: FeedCommit,
  writer: TableWriter,
  part: FeedTableBatch,
  seq: bigint,
): Promise<FedWritten & { readonly staging: Staging | undefined }> {
  const { session, now } = commit
  const { lease, step } = part
  const isKeyless = writer.layout.key.length === 0
  if (isKeyless ? part.partial.length + part.deletions.length > 0 : part.staging !== undefined)
    throw new Error(
      `the table "${step.table}" has ${isKeyless ? 'no key' : 'a key'}, and its changes are for one with${isKeyless ? '' : 'out'}`,
    )
  const work = { changes: part, seq, epoch: await epochOf(session.db, step.table), now }
  const kept = commit.stagingOf(lease)
  // What an attempt before has left comes once more.
  const own = kept !== undefined && isOf(kept, step) ? kept : undefined
  // Its feed told another shape of the table in between.
  const isReshaped = own !== undefined && part.staging !== undefined && !writer.isOfShape(own)
  const restaged = isReshaped ? await writer.restage({ lease, before: own, slot: commit.freeSlot() }) : undefined
  const before = isReshaped ? restaged?.staging : own
  if (part.staging === undefined) {
    if (before !== undefined && before.rows > 0 && commit.batch.checkpoint !== undefined)
      throw new Error(`rows of "${step.table}" were staged, and its checkpoint does not move them`)
    const rows = isKeyless ? await writer.appendFed(work, undefined) : await writer.writeFed(work)
    return { ...rows, staging: kept }
  }
  if (before === undefined && part.rows.length === 0)
    return { ...(await writer.appendFed(work, undefined)), staging: isReshaped ? undefined : kept }
  const filled = await writer.fill({
    lease,
    batch: stagedBatch(part, before),
    before: isReshaped ? before : kept,
    slot: before?.slot ?? commit.freeSlot(),
  })
  const none = { written: 0, unchanged: 0, deleted: 0, incomplete: 0, settled: () => [] }
  const rejects = [...(restaged?.rejects ?? []), ...filled.rejects]
  if (part.staging === 'fill') return { ...none, ...filled, rejects }
  const moved = await writer.appendFed(work, filled.staging)
  await writer.dropStaging(filled.staging)
  return { ...moved, rejects: [...rejects, ...moved.rejects], staging: undefined }
}

/** Its rows as a staging table takes them, whose batches are counted by themselves. */
function stagedBatch(part: FeedTableBatch, before: Staging | undefined): Batch {
  const { rows, counts, durationMs, staging } = part
  const number = before === undefined ? 1 : before.lastBatch + 1
  return { step: part.step, number, rows, deletions: [], rejects: [], counts, staging, tombstones: false, durationMs }
}
