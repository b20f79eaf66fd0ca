import type pg from 'pg'
import { ask } from '../session.ts'
import type { LogCatalog } from './log-catalog.ts'
import { type LoggedTable, quotedRelation } from './logged-table.ts'
import { parseShape } from './shape.ts'

/**
 * Tables of which a column was dropped and added again with its name and type. In the log both are one: what it tells of the column up to
 * then is of the one that is gone, so the tables are read again from there on, and not before.
 *
 * @param then what the tables were like at the offset. @returns reasons, by the names of the tables.
 */
export function addedAgain(
  then: Readonly<Record<string, string>>,
  shapes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isAddedAgain = ([name, text]: readonly [string, string]): boolean => {
    const before = parseShape(then[name] ?? '').columns
    return [...parseShape(text).columns].some(([mark, number]) => (before.get(mark) ?? number) !== number)
  }
  return Object.fromEntries(
    Object.entries(shapes)
      .filter(isAddedAgain)
      .map(([name]) => [name, 'one of its columns was dropped and added again']),
  )
}

/**
 * Tables whose rows are others than the log told, because their partitions are others: no log has that.
 *
 * @param then what the tables were like at the offset. @returns reasons, by the names of the tables.
 */
export async function rearranged(
  client: pg.Client,
  then: Readonly<Record<string, string>>,
  catalog: LogCatalog,
): Promise<Readonly<Record<string, string>>> {
  const reasons: Record<string, string> = {}
  for (const table of catalog.tables) {
    const text = then[table.name]
    const why =
      text === undefined ? undefined : await reasonOf(client, text, { table, now: catalog.shapes[table.name]! })
    if (why !== undefined) reasons[table.name] = why
  }
  return reasons
}

async function reasonOf(
  client: pg.Client,
  then: string,
  { table, now: text }: { readonly table: LoggedTable; readonly now: string },
): Promise<string | undefined> {
  const [before, now] = [parseShape(then), parseShape(text)]
  if ([...before.leaves].some((oid) => !now.leaves.has(oid))) return 'one of its partitions was dropped or detached'
  for (const leaf of table.leaves) {
    if (!now.leaves.has(String(leaf.oid)) || before.leaves.has(String(leaf.oid))) continue
    const [row] = await ask(client, hasOlderRows(quotedRelation(leaf)), [leaf.oid])
    if (row?.[0] === 't') return `its partition ${quotedRelation(leaf)} had rows when it was attached`
  }
  return undefined
}

/** Whether a partition has rows that were written before it, or what it is in, was attached. */
const hasOlderRows = (relation: string): string => `
  SELECT EXISTS (SELECT FROM ONLY ${relation} r JOIN pg_catalog.pg_inherits i
    ON i.inhrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors($1::pg_catalog.oid::pg_catalog.regclass))
    AND (pg_catalog.age(r.xmin) OPERATOR(pg_catalog.>) pg_catalog.age(i.xmin)
      OR r.xmin OPERATOR(pg_catalog.=) i.xmin AND r.cmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.<=) i.cmin::pg_catalog.text::pg_catalog.int8))`
