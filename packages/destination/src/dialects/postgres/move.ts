import type { Lease, Part, Rail } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { type Held, heldBy } from '../../rows/rail.ts'
import type { Moved } from '../../rows/row-writer.ts'
import { hasBeside } from './beside.ts'
import { countMissing } from './missing.ts'
import { replaceRows } from './replace.ts'
import type { Session } from './sessions.ts'
import { moveHalving } from './slices.ts'
import { checkEntries, type PostgresStaging, resolveEntries, stagingTable } from './staging.ts'
import {
  followSeen,
  indexPositions,
  inScope,
  mainTable,
  markVanished,
  mergeRows,
  type Order,
  type Target,
} from './statements.ts'
import { type StepScope, stepScope } from './step-scope.ts'
import { applyDeletions, changed, count } from './write.ts'

/** Moves a staging table into its table: changed rows are written, what did not come back is marked or replaced. */
export async function move(
  session: Session,
  target: Target,
  {
    lease,
    part,
    staging,
    now,
  }: { readonly lease: Lease; readonly part: Part; readonly staging: PostgresStaging; readonly now: bigint },
): Promise<Moved> {
  const { layout, schema } = target
  const { step, rail, tombstones } = part
  const { named, scope } = stepScope(target, step, now)
  await checkEntries(session, staging)
  const blind = rail?.mark === false || staging.blind
  if (layout.key.length === 0) return await replaceRows({ session, target, staging, named, scope, rail, blind })

  const reread = step.kind === 'reread'
  if (reread && scope.to !== undefined) await indexPositions(schema, layout, lease.id).execute(session.db)
  const table = stagingTable(staging)
  if (rail?.ask === true && !blind) {
    await sql`analyze ${table}`.execute(session.db)
    const missing = await countMissing(session, staging, { named, scope })
    if (missing > 0) return { ...NOTHING_MOVED, missing }
  }
  await resolveEntries(session, staging)
  await sql`analyze ${table}`.execute(session.db)
  const deletions = sql`(select * from ${table} where _kind = 1)`
  const told = staging.told === 0 ? 0 : await applyDeletions(session, target, deletions, { named, tombstones })
  // Before the rows are written: new ones would make the share that goes look smaller.
  const marks = (reread || step.kind === 'whole') && !blind
  const vanished = marks
    ? await markGone(session, target, table, { named, scope, rail, onlyBefore: reread })
    : { marked: 0 }
  if (reread && layout.cursored && staging.seen > 0)
    await changed(session, followSeen(target, sql`(select * from ${table} where _kind = 2)`, named))

  const staged = await count(session, sql`select count(*) from ${table} where _kind = 0`)
  const order: Order = reread ? 'reread' : layout.cursored ? 'ordered' : 'any'
  const { written, rejects } = await moveHalving(session, staging, (rows) =>
    changed(session, mergeRows(target, rows, order, named)),
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
  session: Session,
  target: Target,
  staging: RawBuilder<unknown>,
  { named, scope, rail, onlyBefore }: Marking,
): Promise<{ readonly marked: number; readonly held?: Held }> {
  await session.client.query('savepoint marking')
  const gone = await changed(session, markVanished(target, staging, { named, scope, onlyBefore }))
  // Those just marked no longer count as live, so they are added.
  const live = async (where: RawBuilder<unknown>) =>
    gone +
    (await count(session, sql`select count(*) from ${mainTable(target)} as t where ${where} and t._deleted_at is null`))
  const came = () =>
    count(session, sql`select count(*) from (select from ${staging} where _kind <> 1 limit 1) as found`)
  const held = await heldBy(rail, {
    gone,
    ofScope: () => live(inScope(scope)),
    ofTable: () => live(sql`true`),
    leavesNone: async () => (await came()) === 0 && !(await hasBeside(session, target, rail!, named)),
  })
  await session.client.query(held === undefined ? 'release marking' : 'rollback to marking; release marking')
  return held === undefined ? { marked: gone } : { marked: 0, held }
}
