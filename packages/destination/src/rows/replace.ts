import type { DeletionGuard } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import type { Terms } from '../dialects/terms.ts'
import type { DeletedBefore } from '../state/deleted-before.ts'
import { dataColumns } from '../table/columns.ts'
import { hasBeside } from './beside.ts'
import { type Held, heldBy } from './deletion-guard.ts'
import type { Moved } from './filling.ts'
import { appendRows, compared } from './merge.ts'
import { changed, count } from './run.ts'
import { moveStaged } from './slices.ts'
import { and, list } from './sql.ts'
import { inScope } from './step-terms.ts'
import type { Writing } from './writing.ts'

const { id, join, raw } = sql

export interface Replacement {
  readonly staging: Staging
  readonly terms: Terms
  readonly deletionGuard: DeletionGuard | undefined
  readonly before: () => Promise<DeletedBefore>
  /** Some rows of the pass were rejected, and nobody can say which ones: an old row may be one of them. */
  readonly deletionsUnknown: boolean
}

/**
 * Replaces the rows of a scope in a table without a key. Rows that already exist, as often as they come, are left
 * alone and count as unchanged. Where a row was rejected none may go: it could be the one that was rejected.
 */
export async function replaceRows(writing: Writing, replacement: Replacement): Promise<Moved> {
  const { pairs } = writing.dialect
  const { db } = writing.session
  await pairs.create.execute(db)
  const moved = await replace(writing, replacement)
  await sql`drop table ${pairs.table}`.execute(db)
  return moved
}

async function replace(
  writing: Writing,
  { staging, terms, deletionGuard, before, deletionsUnknown }: Replacement,
): Promise<Moved> {
  const { dialect, session, target } = writing
  const { layout, table } = target
  const { rows } = staging
  const scope = inScope(layout, terms)
  const old = await count(session, sql`select count(*) from ${table} as t where ${scope}`)
  const same = old === 0 || rows === 0 ? 0 : await changed(session, pairEqual(writing, staging, terms))
  const gone = old - same
  const all: Held = { deleted: gone, of: old }
  const held =
    deletionsUnknown && gone > 0
      ? all
      : await heldBy(deletionGuard, {
          deleted: gone,
          before,
          ofScope: () => old,
          ofTable: () => count(session, sql`select count(*) from ${table}`),
          leavesNone: async () =>
            rows === 0 && (deletionGuard?.replaces === undefined || !(await hasBeside(writing, deletionGuard, terms))),
        })
  const none = { written: 0, deduped: 0, deleted: 0 }
  if (held !== undefined) return { ...none, unchanged: rows, rejects: [], withheld: held }
  return await session.tentatively(async () => {
    if (gone > 0) await changed(session, deleteUnpaired(writing, terms))
    const { written, rejects } = await moveStaged(
      writing,
      staging,
      async (source, isWide) => {
        if (isWide && session.writeWide !== undefined)
          return await session.writeWide(target, source, { order: 'any', terms })
        return await changed(session, appendRows(target, source, terms))
      },
      sql`not exists (select 1 from ${dialect.pairs.table} as k where k.entry = n._at)`,
    )
    // What the database refuses is seen only now.
    if (rejects.length > 0 && gone > 0)
      return { keep: false, value: { ...none, unchanged: rows - rejects.length, rejects, withheld: all } }
    return { keep: true, value: { written, unchanged: same, deduped: 0, deleted: gone, rejects } }
  })
}

/** Takes the rows of a scope away that are not one of a pair. */
function deleteUnpaired({ dialect, target }: Writing, terms: Terms): RawBuilder<unknown> {
  const { layout, table } = target
  const paired = and(dialect.rowPlace.map(({ name }, at) => sql`k.${placeOf(at)} = t.${id(name)}`))
  return sql`delete from ${table} as t where ${inScope(layout, terms)}
    and not exists (select 1 from ${dialect.pairs.table} as k where ${paired})`
}

/** Where the old row of a pair is; a row's place may take several columns to say. */
const placeOf = (at: number): RawBuilder<unknown> => id(`place_${at}`)

/** Definitions of the columns of pairs. */
export function pairColumns(rowPlace: Writing['dialect']['rowPlace'], entry: string): RawBuilder<unknown> {
  return join([...rowPlace.map(({ type }, at) => sql`${placeOf(at)} ${raw(type)}`), sql`entry ${raw(entry)}`])
}

/**
 * Pairs equal rows of the scope and of the staging table one to one: the first with the first, the second with the
 * second. By sorting both together, because a join takes NULLs for different.
 */
function pairEqual({ dialect, target }: Writing, staging: Staging, terms: Terms): RawBuilder<unknown> {
  const { layout, table } = target
  const { rowPlace, pairs, grouped = (expressions: readonly RawBuilder<unknown>[]) => expressions } = dialect
  const names = [...dataColumns(layout), '_cursor']
  const values = grouped(compared(dialect, layout, names, 'r'))
  // Called by names that no column of a source has.
  const value = (at: number) => id(`_tidemark_value_${at}`)
  const place = (at: number) => id(`_tidemark_place_${at}`)
  const entry = id('_tidemark_entry')
  const nth = id('_tidemark_nth')
  const old = rowPlace.map(({ name }, at) => sql`t.${id(name)} as ${place(at)}`)
  const none = rowPlace.map(() => sql`null`)
  const both = sql`select ${join(old)}, cast(null as bigint) as ${entry}, ${list(names, 't')} from ${table} as t where ${inScope(layout, terms)}
    union all select ${join(none)}, s._at, ${list(names, 's')} from ${staging.table} as s where s._kind = 0`
  const kept = [...rowPlace.map((_, at) => sql`r.${place(at)}`), sql`r.${entry}`]
  const named = values.map((one, at) => sql`${one} as ${value(at)}`)
  const numbered = sql`select ${join([...named, ...kept])},
    row_number() over (partition by ${join(values)}, (r.${place(0)} is null) order by r.${entry}) as ${nth} from (${both}) as r`
  const places = rowPlace.map((_, at) => sql`max(n.${place(at)})`)
  const into = join([...rowPlace.map((_, at) => placeOf(at)), sql`entry`])
  return sql`insert into ${pairs.table} (${into}) select ${join([...places, sql`max(n.${entry})`])} from (${numbered}) as n
    group by ${join(values.map((_, at) => sql`n.${value(at)}`))}, n.${nth} having count(*) = 2`
}
