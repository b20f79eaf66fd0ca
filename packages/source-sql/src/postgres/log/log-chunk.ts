import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Leaf } from './leaves.ts'

/** A part of a table that is read at once: a range of the pages of one leaf. */
export const LogChunk = z.object({
  /** The leaf, and the file that the pages are of. */
  oid: z.int(),
  file: z.string(),
  /** Half-open; without an end to the last page that there is then. */
  from: z.int(),
  to: z.int().nullable(),
  /** Transactions that were in progress when the table was published: its rows are read when they are over. */
  open: z.array(z.string()).readonly(),
  /** The exported snapshot that it is read from; null: any that is new enough. */
  snapshot: z.string().nullable(),
})
export type LogChunk = z.infer<typeof LogChunk>

/** Pages of a chunk: as many as are read in seconds. */
const PAGES = 1024
/** The most chunks that a leaf is cut into. */
const MAX_CHUNKS = 2000

/** Cuts the leaves of a table. The last chunk of each is open-ended: a table grows. */
export function cutLeaves(
  leaves: readonly Leaf[],
  open: readonly string[],
  pages: number = PAGES,
): readonly LogChunk[] {
  return leaves.flatMap(({ oid, file, pages: of }) => {
    const step = Math.max(pages, Math.ceil(of / MAX_CHUNKS))
    const count = Math.max(1, Math.ceil(of / step))
    return Array.from({ length: count }, (_, at) => ({
      ...{ oid, file, open, snapshot: null },
      from: at * step,
      to: at === count - 1 ? null : (at + 1) * step,
    }))
  })
}

/** The rows of a chunk. */
export function withinChunk({ from, to }: LogChunk): readonly RawBuilder<unknown>[] {
  const tid = (page: number): RawBuilder<unknown> => sql`${sql.lit(`(${page},0)`)}::tid`
  return [
    ...(from === 0 ? [] : [sql<unknown>`ctid >= ${tid(from)}`]),
    ...(to === null ? [] : [sql<unknown>`ctid < ${tid(to)}`]),
  ]
}
