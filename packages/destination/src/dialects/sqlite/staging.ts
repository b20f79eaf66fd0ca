import type { Deletion, EncodedKey, Reject } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { rejectOf } from '../../rows/refused.ts'
import { checkOrder, type Filling, type Staging } from '../../rows/row-writer.ts'
import { dataColumns } from '../../table/columns.ts'
import { decode } from '../../values/decode.ts'
import { columnTypes } from './ddl.ts'
import { createStaging, keptTable, stageKey, stageRows, stagingTable, unstageKey } from './statements.ts'
import { refusesIn, type Target, writeBulk } from './target.ts'

/** What is known of a step's staging table, which lives as long as this connection. */
export interface SqliteStaging extends Staging {
  readonly target: Target
}

/** Statements of so many slots are kept from step to step. */
const KEPT = 32

/** Puts a part into its step's staging table. */
export function fill(
  target: Target,
  filling: Filling<SqliteStaging>,
): { readonly staging: SqliteStaging; readonly rejects: readonly Reject[] } {
  const { lease, part, before, slot } = filling
  const { step, rows, number } = part
  const { layout, raw } = target
  const first = number === 1
  // Prepared again in between: what was staged has another shape.
  checkOrder(
    layout.name,
    before !== undefined && before.target !== target ? { ...filling, before: undefined } : filling,
  )
  if (first) {
    if (before !== undefined) dropStaging(before)
    target.run(`create @${slot}`, () => createStaging(layout, slot, columnTypes(layout)), {})
  }
  const width = dataColumns(layout).length + 1
  const refuses = refusesIn(raw)
  const { refused } = writeBulk(rows, {
    statement: (count) => target.statement(`stage ${count} @${slot}`, () => stageRows(layout, slot, count)),
    width,
    named: {},
    refuses,
    whole: (work) => work(),
  })
  for (const deletion of part.deletions) stageDeletion(target, slot, deletion)
  let blind = !first && before?.blind === true
  const seen = (key: EncodedKey | undefined, position: bigint | number | null) => {
    try {
      if (key === undefined || layout.key.length === 0) blind = true
      else target.run(`seen @${slot}`, () => stageKey(layout, slot, 2), {}, [...key, position])
    } catch (error) {
      if (!refuses(error)) throw error
      blind = true
    }
  }
  // A reject whose key is unknown is in the rail's `mark`: the engine has seen it.
  if (layout.key.length > 0)
    for (const reject of part.rejects) if (reject.seen !== undefined) seen(reject.seen, reject.position ?? null)
  for (const { row } of refused)
    seen(
      layout.keyAt.map((at) => row[at]),
      row[width - 1] as number | bigint | null,
    )
  for (const key of part.alive ?? []) seen(key, null)
  const earlier = first ? 0 : (before?.rows ?? 0)
  return {
    staging: {
      slot,
      step,
      part: number,
      fence: lease.fence,
      target,
      rows: earlier + rows.length - refused.length,
      blind,
    },
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, decode)),
  }
}

function stageDeletion(target: Target, slot: number, { key, position }: Deletion): void {
  const { layout } = target
  if (layout.key.length === 0) return
  if (layout.cursored) target.run(`gone @${slot}`, () => stageKey(layout, slot, 1), {}, [...key, position])
  else target.run(`unstage @${slot}`, () => unstageKey(layout, slot), {}, key)
}

/** The deletions that the staging table holds. */
export function stagedDeletions(target: Target, slot: number): readonly Deletion[] {
  const { key } = target.layout
  if (key.length === 0) return []
  const columns = sql.join([...key, '_cursor'].map((name) => sql.id(name)))
  const rows = target.all(`deletions @${slot}`, () => sql`select ${columns} from ${stagingTable(slot)} where _kind = 1`)
  return rows.map((row) => ({ key: row.slice(0, -1), position: row.at(-1) as bigint | null }))
}

export function dropStaging({ slot, target }: Pick<SqliteStaging, 'slot' | 'target'>): void {
  const drop = (table: RawBuilder<unknown>) => target.exec(sql`drop table if exists ${table}`)
  drop(stagingTable(slot))
  if (target.layout.key.length === 0) drop(keptTable(slot))
  if (slot >= KEPT) target.forget(slot)
}
