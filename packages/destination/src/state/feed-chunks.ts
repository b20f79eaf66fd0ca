import type { FeedChunk } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDialect } from './state-dialect.ts'
import type { Int64, StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

const TABLE = '_tidemark_chunks'

/** How far the chunks of a table are read. */
export interface ChunkCount {
  readonly epochSeq: bigint
  readonly of: number
  readonly unread: number
}

/** Of each table that is cut into chunks. An earlier version of the state knows of none. */
export async function countChunks(
  db: Db,
  dialect: StateDialect,
  only: readonly string[] | undefined,
): Promise<ReadonlyMap<string, ChunkCount>> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, TABLE))) return new Map()
  const found = db
    .selectFrom(TABLE)
    .select(['name', 'epoch_seq'])
    .select([sql<Int64>`count(*)`.as('of'), sql<Int64>`sum(1 - is_read)`.as('unread')])
    .groupBy(['name', 'epoch_seq'])
  const rows = await (only === undefined ? found : found.where('name', 'in', [...only])).execute()
  return new Map(
    rows.map(({ name, epoch_seq: epochSeq, of, unread }) => [
      name,
      { epochSeq: BigInt(epochSeq), of: Number(of), unread: Number(unread) },
    ]),
  )
}

/** Replaces the chunks of a table. */
export async function recordChunks(
  db: Db,
  name: string,
  { epochSeq, labels }: { readonly epochSeq: bigint; readonly labels: readonly string[] },
): Promise<void> {
  await db.deleteFrom(TABLE).where('name', '=', name).execute()
  for (const some of chunks(labels.map((label, ordinal) => ({ label, ordinal }))))
    await db
      .insertInto(TABLE)
      .values(some.map(({ label, ordinal }) => ({ name, ordinal, label, epoch_seq: epochSeq, is_read: 0 })))
      .execute()
}

export async function recordChunkRead(db: Db, name: string, ordinal: number): Promise<void> {
  await db.updateTable(TABLE).set({ is_read: 1 }).where('name', '=', name).where('ordinal', '=', ordinal).execute()
}

export async function unreadChunks(db: Db, name: string, most: number): Promise<readonly FeedChunk[]> {
  const rows = await db
    .selectFrom(TABLE)
    .select(['ordinal', 'label'])
    .where('name', '=', name)
    .where('is_read', '=', 0)
    .orderBy('ordinal')
    .limit(most)
    .execute()
  return rows.map(({ ordinal, label }) => ({ ordinal: Number(ordinal), label }))
}
