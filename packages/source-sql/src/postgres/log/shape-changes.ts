import type pg from 'pg'
import { BEFORE } from '../before.ts'
import { ask } from '../session.ts'
import type { LogCatalog } from './log-catalog.ts'
import { type LoggedTable, quotedRelation } from './logged-table.ts'
import {
  columnChange,
  hasOtherFiles,
  isAttachedAs,
  knownIn,
  MEMBERSHIP,
  type OldShape,
  parseShape,
  type Shape,
  type StoredShape,
  shapeText,
} from './shape.ts'
import { logHead } from './slot.ts'
import { parseWalPosition, type WalPosition } from './wal-position.ts'

/** What tables are like by the catalogue, and the log may not have come to. */
export interface ShapeChanges {
  /** Whatever made them so is in the log before this. */
  readonly from: WalPosition
  readonly tables: Readonly<Record<string, ShapeChange>>
  /** What all tables are like at the offset: as the catalogue has them, but for those that changed. */
  readonly shapes: Readonly<Record<string, string>>
}

interface ShapeChange {
  /** Its shape when the log has come there. */
  readonly shape: string
  /** Why its older rows are to be read again then; absent: the log tells all. */
  readonly reason?: string | undefined
  /** Its files are others. A truncation that the log tells says why. */
  readonly isByFiles?: boolean | undefined
}

/**
 * Compares what tables were like at an offset with what they are like by the catalogue, whose numbers of columns tell what the log does not: it
 * describes columns by name and type. A table whose older rows changed unsaid is read again when the log has come to where the
 * catalogue was read, and not before: until then the log may tell values of columns that are gone.
 *
 * @param then what the tables were like, by name.
 */
export async function changesSince(
  client: pg.Client,
  then: Readonly<Record<string, string>>,
  catalog: LogCatalog,
): Promise<ShapeChanges> {
  catalog.madeBefore ??= parseWalPosition((await logHead(client)).lsn)
  const tables: Record<string, ShapeChange> = {}
  const shapes: Record<string, string> = {}
  for (const table of catalog.tables) {
    const { name } = table
    const before = then[name]
    const now = catalog.shape(name)
    const shape = shapeText(now, before)
    if (before !== undefined && knownIn(before) !== knownIn(shape))
      tables[name] = { shape, ...(await reasonOf(client, table, { before: parseShape(before), now })) }
    // Tidemark takes a table that it does not read out of its own publication, and knows by that.
    if (before === undefined && table.isKnown && now.leaves.has(MEMBERSHIP))
      tables[name] = { shape, reason: 'it was not read for a while' }
    shapes[name] = Object.hasOwn(tables, name) ? (before ?? '') : shape
  }
  return { from: catalog.madeBefore, tables, shapes }
}

async function reasonOf(
  client: pg.Client,
  table: LoggedTable,
  { before, now }: { readonly before: StoredShape | OldShape; readonly now: Shape },
): Promise<Omit<ShapeChange, 'shape'>> {
  const { added, reason } = columnChange(before, now)
  if (reason !== undefined) return { reason }
  for (const name of added) {
    if (await isFilled(client, table, name)) return { reason: `column "${name}" was added with a default` }
    if (hasOtherFiles(before, now)) return { reason: `its rows were rewritten with column "${name}"`, isByFiles: true }
  }
  const partitions = await partitionsReason(client, table, { before, now })
  if (partitions !== undefined || 'marks' in before) return { reason: partitions }
  if (before.files === undefined || !hasOtherFiles(before, now)) return {}
  return (await isRewrittenWithValues(client, table, before))
    ? { reason: 'its rows were rewritten', isByFiles: true }
    : {}
}

/** What each row got where the default is not the same for all, or what rows of before are read with. */
const FILL = `
  SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attname = $2
    AND (a.atthasdef OR a.attidentity <> '')`

async function isFilled(client: pg.Client, { found }: LoggedTable, column: string): Promise<boolean> {
  const oid = found.details['oid'] as string
  if ((await ask(client, FILL, [oid, column])).length > 0) return true
  return (await ask(client, BEFORE, [oid, column])).some(([value]) => value != null)
}

/** Rows of other partitions than those of before: no log has that. */
async function partitionsReason(
  client: pg.Client,
  table: LoggedTable,
  { before, now }: { readonly before: StoredShape | OldShape; readonly now: Shape },
): Promise<string | undefined> {
  const membership = now.leaves.get(MEMBERSHIP)
  if (before.leaves.has(MEMBERSHIP) !== (membership !== undefined)) return 'it is in another publication'
  if (membership !== undefined && !isAttachedAs(before, MEMBERSHIP, membership))
    return 'its publication was changed, and may not have had it for a while'
  if ([...before.leaves.keys()].some((oid) => !now.leaves.has(oid)))
    return 'one of its partitions was dropped or detached'
  for (const leaf of table.leaves) {
    const [oid, name] = [String(leaf.oid), quotedRelation(leaf)]
    const attachment = now.leaves.get(oid)
    if (attachment === undefined) continue
    if (!before.leaves.has(oid)) {
      const [row] = await ask(client, hasOlderRows(name), [leaf.oid])
      if (row?.[0] === 't') return `its partition ${name} had rows when it was attached`
    } else if (!isAttachedAs(before, oid, attachment)) return `its partition ${name} was detached and attached again`
  }
  return undefined
}

/** Whether a partition has rows that were written before it, or what it is in, was attached. */
const hasOlderRows = (relation: string): string => `
  SELECT EXISTS (SELECT FROM ONLY ${relation} r JOIN pg_catalog.pg_inherits i
    ON i.inhrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors($1::pg_catalog.oid::pg_catalog.regclass))
    AND (pg_catalog.age(r.xmin) OPERATOR(pg_catalog.>) pg_catalog.age(i.xmin)
      OR r.xmin OPERATOR(pg_catalog.=) i.xmin AND r.cmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.<=) i.cmin::pg_catalog.text::pg_catalog.int8))`

/**
 * Whether the new files of a table may hold other values: ALTER TABLE writes all rows again, where VACUUM FULL and CLUSTER keep who
 * wrote them. One row that is older than the shape is enough to tell.
 */
async function isRewrittenWithValues(
  client: pg.Client,
  { leaves }: LoggedTable,
  { horizon }: StoredShape,
): Promise<boolean> {
  let hasRows = false
  for (const leaf of leaves) {
    // Who may read some columns only cannot see who wrote a row.
    const [right] = await ask(client, `SELECT pg_catalog.has_table_privilege($1::pg_catalog.oid, 'SELECT')`, [leaf.oid])
    if (right?.[0] !== 't') return true
    const from = `FROM ONLY ${quotedRelation(leaf)} r`
    const [row] = await ask(
      client,
      `SELECT EXISTS (SELECT ${from} WHERE pg_catalog.age(r.xmin) OPERATOR(pg_catalog.>) pg_catalog.age($1::pg_catalog.text::pg_catalog.xid)), EXISTS (SELECT ${from})`,
      [horizon],
    )
    if (row?.[0] === 't') return false
    hasRows ||= row?.[1] === 't'
  }
  return hasRows
}
