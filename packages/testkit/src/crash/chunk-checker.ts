import type { Destination } from '@tidemark/core/engine'
import { chunkOf } from './crash-chunks.ts'
import { CRASH_FEED, type FoundFeed } from './fed-checker.ts'
import { type KeptRow, keptAt } from './kept-log.ts'

const TABLE = 'crash_kept'

interface FoundRow {
  readonly id: number
  readonly note: string
  readonly total: number
  /** Columns that nothing has told yet. */
  readonly missing: readonly string[]
  readonly isShown: boolean
  readonly isOfThisLife: boolean
}

/**
 * What must hold of a table that is read by chunks beside its log, at the committed offset: a row that a chunk of this life has read, or a change
 * has told, is as the log has it at the offset, and never as it is later. A row of a life before may be older until its chunk is
 * read.
 */
export async function lookAtChunks(
  destination: Destination,
  _until: number,
  violations: string[],
): Promise<FoundFeed | undefined> {
  const { feeds, tables } = await destination.state()
  const [feed, table] = [feeds?.get(CRASH_FEED), tables.get(TABLE)]
  if (table?.schema == null || table.fed === undefined) return undefined
  const { epochSeq, backfilledSeq } = table.fed
  const found: FoundFeed = {
    offset: feed?.offset == null ? undefined : (JSON.parse(feed.offset) as { readonly at: number }).at,
    seq: feed?.seq ?? 0n,
    isWhole: backfilledSeq !== null && backfilledSeq >= epochSeq,
  }
  const rows = await rowsIn(destination, epochSeq, violations)
  const isRead = await readChunks(destination, epochSeq)
  const { offset, isWhole = false } = found
  if (offset === undefined) return found
  const expected = keptAt(offset)
  for (const row of rows.values()) if (row.isShown) violations.push(...wrongWith(row, { offset, expected, isWhole }))
  for (const id of expected.keys()) {
    const row = rows.get(id)
    if (!isWhole && !isRead(id)) continue
    // Of a row whose key changed a part is read by its key in the end: until then it is hidden.
    const isHidden = row !== undefined && !row.isShown && row.missing.length > 0
    if (row?.isShown !== true && !isHidden)
      violations.push(`${TABLE}: at the offset ${offset} the row ${id} is not there, and its chunk is read`)
    else if (row?.isShown === true && !row.isOfThisLife)
      violations.push(`${TABLE}: the row ${id} is of a life before, and its chunk is read`)
  }
  return found
}

interface At {
  readonly offset: number
  readonly expected: ReadonlyMap<number, KeptRow>
  readonly isWhole: boolean
}

function wrongWith(row: FoundRow, { offset, expected, isWhole }: At): readonly string[] {
  const { id, missing, isOfThisLife } = row
  const right = expected.get(id)
  const has = (one: KeptRow | undefined, but: readonly string[] = []): boolean =>
    one !== undefined && (['note', 'total'] as const).every((name) => but.includes(name) || one[name] === row[name])
  if (isOfThisLife || isWhole)
    return has(right, missing)
      ? []
      : [
          `${TABLE}: at the offset ${offset} the row ${id} is ${row.note} ${row.total}, and not ${right === undefined ? 'gone' : `${right.note} ${right.total}`}`,
        ]
  for (let at = 0; at <= offset; at++) if (has(keptAt(at).get(id), missing)) return []
  return [`${TABLE}: at the offset ${offset} the row ${id} is ${row.note} ${row.total}, as it never was before`]
}

async function rowsIn(
  destination: Destination,
  epochSeq: bigint,
  violations: string[],
): Promise<ReadonlyMap<number, FoundRow>> {
  const { rows } = await destination.query(`select id, note, total, _missing, _deleted_at, _cursor from ${TABLE}`)
  const found = new Map<number, FoundRow>()
  for (const [id, note, total, missing, deletedAt, cursor] of rows) {
    if (found.has(Number(id))) violations.push(`${TABLE}: the row ${id} is there twice`)
    found.set(Number(id), {
      id: Number(id),
      note: String(note),
      total: Number(total),
      missing: missing === null ? [] : (JSON.parse(String(missing)) as readonly string[]),
      isShown: deletedAt === null,
      isOfThisLife: BigInt(String(cursor)) >= epochSeq,
    })
  }
  return found
}

/** Whether the chunk of a key is read, in this life of the table. */
async function readChunks(destination: Destination, epochSeq: bigint): Promise<(id: number) => boolean> {
  const { rows } = await destination.query(
    `select ordinal from _tidemark_chunks where name = '${TABLE}' and is_read = 1 and epoch_seq = ${epochSeq}`,
  )
  const read = new Set(rows.map(([ordinal]) => Number(ordinal)))
  return (id) => read.has(chunkOf(id))
}
