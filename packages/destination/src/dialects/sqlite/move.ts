import type { Lease, Part, Rail } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { type Held, heldBy } from '../../rows/rail.ts'
import type { Moved } from '../../rows/row-writer.ts'
import { hasBeside } from './beside.ts'
import { countMissing } from './missing.ts'
import { replaceRows } from './replace.ts'
import { moveSliced } from './slices.ts'
import { type SqliteStaging, stagedDeletions } from './staging.ts'
import {
  followSeen,
  indexPositions,
  inScope,
  mainTable,
  markVanished,
  moveRows,
  type Order,
  stagingTable,
} from './statements.ts'
import { type StepScope, stepScope } from './step-scope.ts'
import type { Target } from './target.ts'
import { applyDeletions } from './write.ts'

/** Moves a staging table into its table: changed rows are written, what did not come back is marked or replaced. */
export async function move(
  target: Target,
  lease: Lease,
  part: Part,
  staging: SqliteStaging,
  now: bigint,
): Promise<Moved> {
  const { layout } = target
  const { slot } = staging
  const { step, rail, tombstones } = part
  const { named, scope } = stepScope(layout, step, now)
  const blind = rail?.mark === false || staging.blind
  if (layout.key.length === 0) return await replaceRows({ target, slot, named, scope, rail, rows: staging.rows, blind })

  const reread = step.kind === 'reread'
  if (reread && scope.to) target.run('index', () => indexPositions(layout, lease.id), {})
  if (rail?.ask === true && !blind) {
    const missing = countMissing(target, slot, { named, scope })
    if (missing > 0) return { ...NOTHING_MOVED, missing }
  }
  const told = applyDeletions(target, stagedDeletions(target, slot), { named, tombstones })
  // Before the rows are written: new ones would make the share that goes look smaller.
  const marks = (reread || step.kind === 'whole') && !blind
  const vanished = marks ? await markGone(target, slot, { named, scope, rail, onlyBefore: reread }) : { marked: 0 }
  if (reread && layout.cursored) target.run(`follow @${slot}`, () => followSeen(layout, slot), named)

  const staged = target.count(
    `staged @${slot}`,
    () => sql`select count(*) from ${stagingTable(slot)} where _kind = 0`,
    {},
  )
  const order: Order = reread ? 'reread' : layout.cursored ? 'ordered' : 'any'
  const { written, rejects } = await moveSliced(target, slot, (first, last) =>
    target.run(`move ${order} @${slot}`, () => moveRows(layout, slot, order), { ...named, first, last }),
  )
  return {
    written,
    unchanged: staged - written - rejects.length,
    deduped: staging.rows - staged,
    deleted: told + vanished.marked,
    rejects,
    held: vanished.held,
    blind,
  }
}

const NOTHING_MOVED: Moved = { written: 0, unchanged: 0, deduped: 0, deleted: 0, rejects: [] }

interface Marking extends StepScope {
  readonly rail: Rail | undefined
  /** Only rows that were synced before the step began. */
  readonly onlyBefore: boolean
}

/** Marks what did not come back, unless that is more than the rail lets pass. */
async function markGone(
  target: Target,
  slot: number,
  { named, scope, rail, onlyBefore }: Marking,
): Promise<{ readonly marked: number; readonly held?: Held }> {
  const { layout, raw } = target
  const variant = `${onlyBefore} ${scope.from} ${scope.to}`
  raw.exec('savepoint marking')
  const gone = target.run(`vanish ${variant} @${slot}`, () => markVanished(layout, slot, scope, onlyBefore), named)
  // Those just marked no longer count as live, so they are added.
  const live = (name: string, where: ReturnType<typeof inScope>) =>
    gone +
    target.count(
      name,
      () => sql`select count(*) from ${mainTable(layout.name)} as t where ${where} and t._deleted_at is null`,
      named,
    )
  const came = () =>
    target.count(`came @${slot}`, () => sql`select exists (select 1 from ${stagingTable(slot)} where _kind <> 1)`, {})
  const held = await heldBy(rail, {
    gone,
    ofScope: () => live(`live ${variant}`, inScope(scope)),
    ofTable: () => live('live', sql`true`),
    leavesNone: () => came() === 0 && !hasBeside(target, rail!, named),
  })
  raw.exec(held === undefined ? 'release marking' : 'rollback to marking; release marking')
  return held === undefined ? { marked: gone } : { marked: 0, held }
}
