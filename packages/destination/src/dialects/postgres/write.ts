import type { Deletion, EncodedKey, Part } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { rejectOf } from '../../rows/refused.ts'
import type { Written } from '../../rows/row-writer.ts'
import { dataColumns, type Layout } from '../../table/columns.ts'
import { stampText } from '../../values/value-text.ts'
import { shownForm } from './forms.ts'
import { Late } from './late.ts'
import { attempt, copyStraight, type EncodedRows, type Loaded, loadHalving, withPart, workHalving } from './load.ts'
import type { Session } from './sessions.ts'
import { leaveMarks, list, markLate, markRows, mergeRows, type Named, raiseMarks, type Target } from './statements.ts'

/** What a table's commits remember from part to part. */
export interface Way {
  /** The history step that has met a known key: the rest of it is merged. */
  merging: string | undefined
}

export function namedOf({ step, truth = step.window }: Pick<Part, 'step' | 'truth'>, now: bigint): Named {
  return { now: stampText(now), began: stampText(step.beganAt), partition: step.partition, read: step.window, truth }
}

/** Writes a part straight into its table: its rows, then its deletions. */
export async function writePart(
  session: Session,
  target: Target,
  part: Part,
  { now, way }: { readonly now: bigint; readonly way: Way },
): Promise<Written> {
  const { layout } = target
  const named = namedOf(part, now)
  const late = new Late(part.lateBelow)
  const { written, refused } = await writeRows(session, target, part, { now, way, named, late })
  return {
    written,
    deleted: await tellDeletions(session, target, part, named),
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, shownForm)),
    late: late.found,
  }
}

async function writeRows(
  session: Session,
  target: Target,
  { rows, step }: Part,
  { now, way, named, late }: { readonly now: bigint; readonly way: Way; readonly named: Named; readonly late: Late },
): Promise<Loaded> {
  const { layout } = target
  const straight = async (some: EncodedRows) => {
    const written = await copyStraight(session, target, some, { now, partition: step.partition })
    late.all(some)
    return written
  }
  if (layout.key.length === 0) return await loadHalving(session, rows, straight)
  const self = `${step.run} ${step.step}`
  if (rows.length > 0 && step.kind === 'history' && way.merging !== self) {
    const tried = await attempt(session, () => straight(rows))
    if (tried.ok) return { written: tried.value, refused: [] }
    // A known key, or a row that the server refuses: the other way tells which.
    way.merging = self
  }
  const order = layout.cursored ? 'ordered' : 'any'
  return await workHalving(session, target, rows, async (source) => {
    const written = await changed(session, mergeRows(target, source, order, named))
    if (written > 0) await late.some(session, target, rows, { source, named })
    return written
  })
}

/** Runs a statement. @returns how many rows it changed. */
export async function changed({ db }: Session, statement: RawBuilder<unknown>): Promise<number> {
  return Number((await statement.execute(db)).numAffectedRows ?? 0)
}

/** The number that a query gives. */
export async function count({ db }: Session, query: RawBuilder<unknown>): Promise<number> {
  const { rows } = await (query as RawBuilder<Record<string, unknown>>).execute(db)
  return Number(Object.values(rows[0] ?? {})[0] ?? 0)
}

/** Applies the deletions that a part tells. @returns how many rows were marked. */
async function tellDeletions(session: Session, target: Target, part: Part, named: Named): Promise<number> {
  const { deletions, tombstones } = part
  return (
    (await told(session, target, { deletions, tombstones }, named)) + (await markLateRows(session, target, part, named))
  )
}

/** Marks rows that are gone though their deletions came from below. @returns how many. */
async function markLateRows(
  session: Session,
  target: Target,
  { lateDeletions = [], lateBelow: below }: Part,
  named: Named,
): Promise<number> {
  if (below === undefined || lateDeletions.length === 0) return 0
  const rows = lateDeletions.map((deletion) => keyRow(target.layout, deletion.key, deletion.position))
  return await withPart(session, target, rows, (part) => changed(session, markLate(target, part, { below, named })))
}

async function told(
  session: Session,
  target: Target,
  { deletions, tombstones }: Pick<Part, 'deletions' | 'tombstones'>,
  named: Named,
): Promise<number> {
  if (deletions.length === 0 || target.layout.key.length === 0) return 0
  const rows = deletions.map((deletion) => keyRow(target.layout, deletion.key, deletion.position))
  return await withPart(session, target, rows, (part) => {
    const key = list(target.layout.key)
    // Of several of one key the greatest position counts.
    const told = sql`(select ${key}, max(_cursor) as _cursor from ${part} group by ${key})`
    return applyDeletions(session, target, told, { named, tombstones })
  })
}

export async function applyDeletions(
  session: Session,
  target: Target,
  told: RawBuilder<unknown>,
  { named, tombstones }: { readonly named: Named; readonly tombstones: boolean },
): Promise<number> {
  const marked = await changed(session, markRows(target, told, named))
  await changed(session, raiseMarks(target, told, named))
  if (tombstones) await changed(session, leaveMarks(target, told, named))
  return marked
}

/** A key as an encoded row whose other values are NULL. */
export function keyRow(layout: Layout, key: EncodedKey, position: Deletion['position']): readonly unknown[] {
  const row: unknown[] = new Array(dataColumns(layout).length + 1).fill(null)
  for (const [at, place] of layout.keyAt.entries()) row[place] = key[at]
  row[row.length - 1] = position
  return row
}
