import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../dialects/dialect.ts'
import type { Target } from '../dialects/target.ts'
import type { Order, Terms } from '../dialects/terms.ts'
import { dataColumns, dataTypes, identifying, type Layout, MISSING, RUN } from '../table/columns.ts'
import { passes } from './precedence.ts'
import { and, list, or } from './sql.ts'
import { inKeys } from './step-terms.ts'

const { id, join, raw } = sql

/** What follows the values of a row in its table. */
export function systemColumns({ partitioned, runs }: Layout): readonly string[] {
  return ['_cursor', '_synced_at', ...(partitioned ? ['_partition'] : []), ...(runs ? [RUN] : [])]
}

/** When a row was written, and by which run. */
export function stamped({ runs }: Pick<Layout, 'runs'>, { now, run }: Pick<Terms, 'now' | 'run'>): RawBuilder<unknown> {
  return runs ? sql`_synced_at = ${now}, ${id(RUN)} = ${run}` : sql`_synced_at = ${now}`
}

/** Whether a row of a source (alias s) is that of the table (alias t). */
export function sameKey(
  { key, partitioned, globalKey }: Layout,
  { partition }: Pick<Terms, 'partition'>,
): RawBuilder<unknown> {
  const same = key.map((name) => sql`t.${id(name)} = s.${id(name)}`)
  return and(partitioned && !globalKey ? [sql`t._partition = ${partition}`, ...same] : same)
}

/** Columns of an alias as they are compared. */
export function compared(
  { comparable }: Pick<Dialect, 'comparable'>,
  layout: Layout,
  names: readonly string[],
  alias: string,
): readonly RawBuilder<unknown>[] {
  const types = new Map(dataColumns(layout).map((name, at) => [name, dataTypes(layout)[at]]))
  return names.flatMap((name) => comparable(sql`${raw(alias)}.${id(name)}`, types.get(name)))
}

/** Writes rows of a source (alias s), each key once, over those of the table. */
export function mergeRows(
  dialect: Dialect,
  { layout, table }: Target,
  source: RawBuilder<unknown>,
  order: Order,
  terms: Terms,
): RawBuilder<unknown> {
  if (dialect.writesBy === 'upsert') {
    const rows = sql`select ${valuesOf(layout, terms)} from ${source} as s where true`
    return upsert(dialect, { layout, table }, rows, order, terms)
  }
  const { partition } = terms
  const set = changes(layout, 's').map(([name, value]) => sql`${id(name)} = ${value}`)
  const moves = layout.globalKey && layout.partitioned
  // All rows of a key range lie in it: said of the table too, only that part of it is looked at.
  const on = and([sameKey(layout, terms), ...inKeys(terms)])
  return sql`merge into ${table} as t using ${source} as s on ${on}
    when matched and ${passes(order, terms, layout)}${isChanged(dialect, layout, 's', partition)} then update set ${join(set)},
      ${stamped(layout, terms)}, ${shown(layout)}${moves ? sql`, _partition = ${partition}` : sql``}
    when not matched then insert (${list([...dataColumns(layout), ...systemColumns(layout)])}) values (${valuesOf(layout, terms)})`
}

/** The same by INSERT … ON CONFLICT. @param rows what gives all columns of the table's rows, in the order of `insertedColumns`. */
export function upsert(
  dialect: Pick<Dialect, 'comparable'>,
  { layout, table }: Target,
  rows: RawBuilder<unknown>,
  order: Order,
  terms: Terms,
): RawBuilder<unknown> {
  const insert = sql`insert into ${table} as t (${list(insertedColumns(layout))}) ${rows}`
  const key = identifying(layout)
  if (key.length === 0) return insert
  const moved = layout.globalKey && layout.partitioned ? ['_partition'] : []
  const ours = ['_synced_at', ...(layout.runs ? [RUN] : [])]
  const set = [...changes(layout, 'excluded').map(([name]) => name), ...ours, ...moved].map(
    (name) => sql`${id(name)} = excluded.${id(name)}`,
  )
  const isOther = isChanged(dialect, layout, 'excluded', sql`excluded._partition`)
  return sql`${insert} on conflict (${list(key)}) do update set ${join(set)}, ${shown(layout)}
    where ${passes(order, terms, layout, 'excluded')}${isOther}`
}

/** A whole version of a row is not deleted, and nothing of it is missing. */
const shown = ({ fed }: Layout) => raw(fed ? `_deleted_at = null, ${MISSING} = null` : '_deleted_at = null')

/**
 * Raises the positions of live rows that a feed tells again as they are (alias s), so that they count as current and still
 * were synced when they came: what reads the table by `_synced_at` sees no change. After `mergeRows` or `upsert`, which leave
 * them: where those write every row of a batch, nothing is left to raise.
 */
export function raiseEqual(
  dialect: Pick<Dialect, 'comparable'>,
  { layout, table }: Target,
  source: RawBuilder<unknown>,
  terms: Pick<Terms, 'partition'>,
): RawBuilder<unknown> {
  return sql`update ${table} as t set _cursor = s._cursor from ${source} as s
    where ${sameKey(layout, terms)} and ${isEqual(dialect, layout)}`
}

/**
 * The same by MERGE. It also names the rows that the table does not have, and so the planner has to begin with the batch: an UPDATE of
 * a batch without statistics reads the batch once for each row of the table.
 */
export function mergeEqual(
  dialect: Pick<Dialect, 'comparable'>,
  { layout, table }: Target,
  source: RawBuilder<unknown>,
  terms: Pick<Terms, 'partition'>,
): RawBuilder<unknown> {
  return sql`merge into ${table} as t using ${source} as s on ${sameKey(layout, terms)}
    when matched and ${isEqual(dialect, layout)} then update set _cursor = s._cursor
    when not matched then do nothing`
}

/** Whether a row is older than that of a source (alias s), and the same: whole, and not deleted. */
function isEqual(dialect: Pick<Dialect, 'comparable'>, layout: Layout): RawBuilder<unknown> {
  const { there, came } = valuesCompared(dialect, layout, 's')
  const same = there.map((value, at) => sql`${value} is not distinct from ${came[at]}`)
  const whole = sql`t._deleted_at is null and t.${id(MISSING)} is null`
  return sql`${whole} and (t._cursor >= s._cursor) is not true and ${and(same)}`
}

/** Adds rows (alias s), none of which the table has. */
export function insertRows(
  { layout, table }: Target,
  source: RawBuilder<unknown>,
  terms: Pick<Terms, 'now' | 'partition' | 'run'>,
): RawBuilder<unknown> {
  return sql`insert into ${table} (${list(insertedColumns(layout))}) select ${valuesOf(layout, terms)} from ${source} as s`
}

/** Adds staged rows to a table without a key, in their order. */
export function appendRows(...added: Parameters<typeof insertRows>): RawBuilder<unknown> {
  return sql`${insertRows(...added)} order by s._at`
}

/** All columns of a row that is written, in their order. */
export function insertedColumns(layout: Layout): readonly string[] {
  return [...dataColumns(layout), ...systemColumns(layout)]
}

/** Their values from a source (alias s). */
export function valuesOf(
  layout: Layout,
  { now, partition, run }: Pick<Terms, 'now' | 'partition' | 'run'>,
): RawBuilder<unknown> {
  const own = list([...dataColumns(layout), '_cursor'], 's')
  return join([own, now, ...(layout.partitioned ? [partition] : []), ...(layout.runs ? [run] : [])])
}

/** What an incoming version changes in the stored row. */
function changes(layout: Layout, source: string): readonly (readonly [string, RawBuilder<unknown>])[] {
  const key = identifying(layout)
  const columns = dataColumns(layout).filter((name) => !key.includes(name))
  return [...columns, '_cursor'].map((name) => [name, sql`${raw(source)}.${id(name)}`])
}

/** Whether an incoming version differs from the stored one: an unchanged row is not written. */
function isChanged(
  dialect: Pick<Dialect, 'comparable'>,
  layout: Layout,
  source: string,
  partition: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { there, came } = valuesCompared(dialect, layout, source)
  const differs = [
    // First what most changes change. The position of a row that a feed tells again as it is, `raiseEqual` raises.
    ...(layout.fed ? [] : [sql`t._cursor is distinct from ${raw(source)}._cursor`]),
    ...there.map((value, at) => sql`${value} is distinct from ${came[at]}`),
    ...(layout.globalKey && layout.partitioned ? [sql`t._partition is distinct from ${partition}`] : []),
  ]
  const hidden = layout.fed
    ? sql`t._deleted_at is not null or t.${id(MISSING)} is not null`
    : sql`t._deleted_at is not null`
  return sql`(${hidden} or ${or(differs)})`
}

/** The values beside the key, of the table and of a source, as they are compared. */
function valuesCompared(dialect: Pick<Dialect, 'comparable'>, layout: Layout, source: string) {
  const key = identifying(layout)
  const columns = dataColumns(layout).filter((name) => !key.includes(name))
  return { there: compared(dialect, layout, columns, 't'), came: compared(dialect, layout, columns, source) }
}
