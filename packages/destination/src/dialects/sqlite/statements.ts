import { type RawBuilder, sql } from 'kysely'
import { dataColumns, identifying, type Layout } from '../../table/columns.ts'

/** What a version of a row must be so that it replaces the one that is there. */
export type Order =
  /**
   * Not older (a deletion wins a tie); or the one that is there lies in what the step reads and was synced before it began:
   * what the source gives now is the truth, whatever its stamp.
   */
  | 'ordered'
  /** Not older, or the one that is there was synced before the step began: the source is the truth. */
  | 'reread'
  /** Anything goes: the table has no cursor. */
  | 'any'

const { id, join, raw } = sql
const list = (names: readonly string[]) => join(names.map((name) => id(name)))

/** Conditions in a balanced tree: SQLite lets an expression be 1,000 deep, and a table may have 2,000 columns. */
export function balanced(conditions: readonly RawBuilder<unknown>[], operator: 'and' | 'or'): RawBuilder<unknown> {
  if (conditions.length <= 8) return join(conditions, raw(` ${operator} `))
  const middle = conditions.length >> 1
  const [left, right] = [conditions.slice(0, middle), conditions.slice(middle)]
  return sql`(${balanced(left, operator)}) ${raw(operator)} (${balanced(right, operator)})`
}

/** The table itself, whatever else carries its name. */
export const mainTable = (name: string) => id('main', name)
export const stagingTable = (slot: number) => id('temp', `_tidemark_staging_${slot}`)
/** Pairs of equal rows, old and new, of a table without a key. */
export const keptTable = (slot: number) => id('temp', `_tidemark_kept_${slot}`)

/** Values that every row of a statement shares are named parameters: they are bound once a statement. */
export function systemColumns({ partitioned }: Layout): readonly string[] {
  return partitioned ? ['_cursor', '_synced_at', '_partition'] : ['_cursor', '_synced_at']
}

/** Writes a number of encoded rows straight into the table. */
export function writeRows(layout: Layout, rows: number): RawBuilder<unknown> {
  const columns = dataColumns(layout)
  const shared = layout.partitioned ? ', :now, :partition' : ', :now'
  const row = raw(
    `(${Array(columns.length + 1)
      .fill('?')
      .join(', ')}${shared})`,
  )
  return sql`insert into ${mainTable(layout.name)} as t (${list([...columns, ...systemColumns(layout)])}) values ${join(
    Array(rows).fill(row),
  )}${onConflict(layout, layout.cursored ? 'ordered' : 'any')}`
}

/** Writes a stretch of the staging table's rows into the table. */
export function moveRows(layout: Layout, slot: number, order: Order): RawBuilder<unknown> {
  const columns = dataColumns(layout)
  return sql`insert into ${mainTable(layout.name)} as t (${list([...columns, ...systemColumns(layout)])})
    select ${list(columns)}, _cursor, ${raw(layout.partitioned ? ':now, :partition' : ':now')} from ${stagingTable(slot)}
    where _kind = 0 and _rowid_ >= :first and _rowid_ <= :last order by _rowid_${onConflict(layout, order)}`
}

function onConflict(layout: Layout, order: Order): RawBuilder<unknown> {
  const key = identifying(layout)
  if (key.length === 0) return sql``
  const columns = dataColumns(layout).filter((name) => !key.includes(name))
  const moved = layout.globalKey && layout.partitioned ? ['_partition'] : []
  const set = [...columns, '_cursor', '_synced_at', ...moved].map((name) => sql`${id(name)} = excluded.${id(name)}`)
  const differs = [...columns, '_cursor', ...moved].map(
    (name) => sql`t.${id(name)} is distinct from excluded.${id(name)}`,
  )
  const changed = sql`(t._deleted_at is not null or ${balanced(differs, 'or')})`
  return sql` on conflict (${list(key)}) do update set ${join(set)}, _deleted_at = null where ${passes(order)}${changed}`
}

function passes(order: Order): RawBuilder<unknown> {
  const newer = sql`(excluded._cursor < t._cursor or (t._deleted_at is not null and excluded._cursor = t._cursor)) is not true`
  if (order === 'any') return sql``
  const before = sql`t._synced_at < :began`
  return order === 'ordered' ? sql`(${newer} or (${before} and ${TRUTH})) and ` : sql`(${newer} or ${before}) and `
}

/** A row (alias t) lies in what the step reads, and where what comes is the truth. */
const READ = sql`t._cursor < :to and (:from is null or t._cursor >= :from)`
const TRUTH = sql`t._cursor < :truth_to and (:truth_from is null or t._cursor >= :truth_from)`

// What a row of a staging table is, in `_kind`: 0 a row, 1 a told deletion, 2 a key that was only seen, because its row
// was rejected.

export function createStaging(
  layout: Layout,
  slot: number,
  types: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const key = layout.key.length === 0 ? sql`` : sql`, primary key (${list(layout.key)})`
  return sql`create temp table ${id(`_tidemark_staging_${slot}`)} (${join(types)}, _cursor integer, _kind integer not null default 0${key}) strict`
}

/** Writes encoded rows into the staging table: the greatest cursor wins, the last among equals. */
export function stageRows(layout: Layout, slot: number, rows: number): RawBuilder<unknown> {
  const columns = [...dataColumns(layout), '_cursor']
  const row = raw(`(${Array(columns.length).fill('?').join(', ')})`)
  const insert = sql`insert into ${stagingTable(slot)} as s (${list(columns)}) values ${join(Array(rows).fill(row))}`
  if (layout.key.length === 0) return insert
  const set = columns
    .filter((name) => !layout.key.includes(name))
    .map((name) => sql`${id(name)} = excluded.${id(name)}`)
  const newer = layout.cursored
    ? sql` where s._kind = 2 or (excluded._cursor < s._cursor or (s._kind = 1 and excluded._cursor = s._cursor)) is not true`
    : sql``
  return sql`${insert} on conflict (${list(layout.key)}) do update set ${join(set)}, _kind = 0${newer}`
}

/** Writes a key into the staging table that is not a row. Parameters: the key, the position. */
export function stageKey(layout: Layout, slot: number, kind: 1 | 2): RawBuilder<unknown> {
  const values = raw(
    Array(layout.key.length + 1)
      .fill('?')
      .join(', '),
  )
  const wins =
    kind === 1
      ? sql`s._kind = 2 or (excluded._cursor < s._cursor) is not true`
      : sql`s._kind = 1 and (excluded._cursor <= s._cursor) is not true`
  return sql`insert into ${stagingTable(slot)} as s (${list([...layout.key, '_cursor'])}, _kind) values (${values}, ${raw(String(kind))})
    on conflict (${list(layout.key)}) do update set _kind = ${raw(String(kind))}, _cursor = excluded._cursor where ${wins}`
}

/** A key is gone: a whole read does not have it. Parameters: the key. */
export function unstageKey(layout: Layout, slot: number): RawBuilder<unknown> {
  return sql`delete from ${stagingTable(slot)} where ${equal(layout.key)}`
}

function equal(names: readonly string[]): RawBuilder<unknown> {
  return balanced(
    names.map((name) => sql`${id(name)} = ${raw('?')}`),
    'and',
  )
}

const ownPartition = ({ partitioned }: Layout) => (partitioned ? sql` and _partition = :partition` : sql``)

/** Marks a live row that is not above a told deletion. Parameters: the key. */
export function markRow(layout: Layout): RawBuilder<unknown> {
  return sql`update ${mainTable(layout.name)} set _deleted_at = :now, _synced_at = :now, ${RAISED}
    where ${equal(layout.key)}${ownPartition(layout)} and _deleted_at is null and (_cursor > :position) is not true`
}

/** Live rows that lie above a told deletion, in what the step looks back into, and were synced before it began. Parameters: the key. */
export function aboveLateDeletion(layout: Layout): RawBuilder<unknown> {
  return sql`${equal(layout.key)}${ownPartition(layout)} and t._deleted_at is null and t._cursor > :position
    and t._synced_at < :began and ${READ} and t._cursor < :below`
}

/** Marks such a row. */
export function markLate(layout: Layout): RawBuilder<unknown> {
  return sql`update ${mainTable(layout.name)} as t set _deleted_at = :now, _synced_at = :now where ${aboveLateDeletion(layout)}`
}

/** Raises the position of a mark. Parameters: the key. */
export function raiseMark(layout: Layout): RawBuilder<unknown> {
  return sql`update ${mainTable(layout.name)} set _synced_at = :now, ${RAISED}
    where ${equal(layout.key)}${ownPartition(layout)} and _deleted_at is not null and :position is not null and (_cursor >= :position) is not true`
}

const RAISED = sql`_cursor = case when :position is null or _cursor > :position then _cursor else :position end`

/** Leaves a marked row for an unknown key. Parameters: the key. */
export function leaveMark(layout: Layout): RawBuilder<unknown> {
  const columns = [...layout.key, '_cursor', '_synced_at', '_deleted_at', ...(layout.partitioned ? ['_partition'] : [])]
  const shared = raw(layout.partitioned ? ':position, :now, :now, :partition' : ':position, :now, :now')
  return sql`insert into ${mainTable(layout.name)} (${list(columns)})
    values (${raw(Array(layout.key.length).fill('?').join(', '))}, ${shared}) on conflict do nothing`
}

/** Rows of a partition, or of its window. */
export interface Scope {
  readonly partitioned: boolean
  readonly from: boolean
  readonly to: boolean
}

export function inScope({ partitioned, from, to }: Scope): RawBuilder<unknown> {
  const conditions = [
    ...(partitioned ? [sql`t._partition = :partition`] : []),
    ...(from ? [sql`t._cursor >= :from`] : []),
    ...(to ? [sql`t._cursor < :to`] : []),
  ]
  return conditions.length === 0 ? sql`true` : join(conditions, sql` and `)
}

/** Rows of a scope that did not come back, and were synced before the step began where that matters. */
function isVanished(layout: Layout, slot: number, scope: Scope, before: boolean): RawBuilder<unknown> {
  const same = layout.key.map((name) => sql`s.${id(name)} = t.${id(name)}`)
  return sql`${inScope(scope)} and t._deleted_at is null${before ? sql` and t._synced_at < :began` : sql``}
    and not exists (select 1 from ${stagingTable(slot)} as s where ${balanced(same, 'and')} and s._kind <> 1)`
}

/** Rows of a partition that are not marked and lie in none of so many ranges: the n-th is from `:from_n` to `:to_n`. */
export function besideRanges({ partitioned }: Layout, ranges: number): RawBuilder<unknown> {
  const outside = Array.from(
    { length: ranges },
    (_, at) => sql`(t._cursor is null or t._cursor < ${raw(`:from_${at}`)} or t._cursor >= ${raw(`:to_${at}`)})`,
  )
  const conditions = [sql`t._deleted_at is null`, ...(partitioned ? [sql`t._partition = :partition`] : []), ...outside]
  return join(conditions, sql` and `)
}

/** Marks the rows of a scope that did not come back. */
export function markVanished(layout: Layout, slot: number, scope: Scope, before: boolean): RawBuilder<unknown> {
  return sql`update ${mainTable(layout.name)} as t set _deleted_at = :now, _synced_at = :now
    where ${isVanished(layout, slot, scope, before)}`
}

/** The rows of a step's scope that neither came back nor were reported as deleted (alias t). */
export function missingRows(layout: Layout, slot: number, scope: Scope): RawBuilder<unknown> {
  const same = layout.key.map((name) => sql`s.${id(name)} = t.${id(name)}`)
  return sql`${mainTable(layout.name)} as t where ${isVanished(layout, slot, scope, true)}
    and not exists (select 1 from ${stagingTable(slot)} as s where ${balanced(same, 'and')} and (t._cursor > s._cursor) is not true)`
}

/**
 * Puts rows whose newer versions were rejected where those lie: there the source has them now, and there it will say that
 * they are gone.
 */
export function followSeen(layout: Layout, slot: number): RawBuilder<unknown> {
  const same = layout.key.map((name) => sql`s.${id(name)} = t.${id(name)}`)
  const own = layout.partitioned ? sql` and t._partition = :partition` : sql``
  return sql`update ${mainTable(layout.name)} as t set _cursor = s._cursor from ${stagingTable(slot)} as s
    where s._kind = 2 and ${balanced(same, 'and')}${own} and t._deleted_at is null and s._cursor > t._cursor`
}

/** Rereads look rows up by their position; loads do not, so a table with a key has this index only from its first reread. */
export function indexPositions(
  { name, partitioned }: Pick<Layout, 'name' | 'partitioned'>,
  lease: number,
): RawBuilder<unknown> {
  const columns = partitioned ? ['_partition', '_cursor'] : ['_cursor']
  return sql`create index if not exists ${id('main', `_tidemark_position_${lease}`)} on ${id(name)} (${list(columns)})`
}
