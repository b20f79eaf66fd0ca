import type pg from 'pg'
import { ask } from '../session.ts'
import { STORED_FROM } from './leaves.ts'
import { isAppendOnly, type LoggedTable, quotedRelation } from './logged-table.ts'
import type { GivenNames } from './memberships.ts'
import { parseSnapshot } from './snapshot.ts'

/** The names of what a feed has at its source: of what it makes, which no other use of it has, or of what was made for it. */
export interface LogNames {
  readonly slot: string
  /** Of tables with a key: all of their changes. */
  readonly changes: string
  /** Of tables whose rows are only added. */
  readonly additions: string
  /** Somebody else made them. */
  readonly isGiven: boolean
}

export function namesOf(id: string, given?: GivenNames): LogNames {
  if (given !== undefined) {
    const { slot, publication } = given
    return { slot, changes: publication, additions: publication, isGiven: true }
  }
  const name = `tidemark_${id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 40)}`
  return { slot: name, changes: name, additions: `${name}_append`, isGiven: false }
}

const MEMBERS = `
  SELECT p.pubname, r.prrelid FROM pg_catalog.pg_publication p
  LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid WHERE p.pubname = ANY($1::pg_catalog.text[])`

/** The tables that are published, by their oids; undefined: a publication is not there. */
export async function publishedIn(client: pg.Client, names: LogNames): Promise<ReadonlySet<string> | undefined> {
  const rows = await ask(client, MEMBERS, [`{${names.changes},${names.additions}}`])
  const found = new Set(rows.map(([name]) => name))
  if (!found.has(names.changes) || !found.has(names.additions)) return undefined
  return new Set(rows.flatMap(([, oid]) => (oid == null ? [] : [oid])))
}

/** Makes both publications where they are missing, without tables. */
export async function createPublications(client: pg.Client, names: LogNames): Promise<void> {
  const [version] = (await ask(client, `SELECT current_setting('server_version_num')`))[0]!
  const generated = Number(version) >= STORED_FROM ? ', publish_generated_columns = stored' : ''
  const have = new Set((await ask(client, MEMBERS, [`{${names.changes},${names.additions}}`])).map(([name]) => name))
  for (const [name, publish] of [
    [names.changes, 'insert, update, delete, truncate'],
    [names.additions, 'insert, truncate'],
  ] as const)
    if (!have.has(name)) await client.query(`CREATE PUBLICATION ${name} WITH (publish = '${publish}'${generated})`)
}

/**
 * Publishes a table. @returns transactions that were in progress then: of what they wrote before nothing is in the log, so no chunk is
 * read before they are over.
 */
export async function publish(client: pg.Client, names: LogNames, table: LoggedTable): Promise<readonly string[]> {
  if (!names.isGiven) await addTo(client, names, table)
  const [snapshot] = (await ask(client, 'SELECT pg_catalog.pg_current_snapshot()::text'))[0]!
  return [...parseSnapshot(snapshot!).inProgress].map(String)
}

async function addTo(client: pg.Client, names: LogNames, table: LoggedTable): Promise<void> {
  const [wanted, other] = isAppendOnly(table) ? [names.additions, names.changes] : [names.changes, names.additions]
  const members = await ask(client, MEMBERS, [`{${names.changes},${names.additions}}`])
  const isIn = (name: string): boolean =>
    members.some(([one, oid]) => one === name && oid === table.found.details['oid'])
  const relation = quotedRelation({ schema: table.found.schema, relation: table.found.relation })
  if (isIn(other)) await client.query(`ALTER PUBLICATION ${other} DROP TABLE ONLY ${relation}`)
  if (!isIn(wanted)) await client.query(`ALTER PUBLICATION ${wanted} ADD TABLE ONLY ${relation}`)
}

/** A table in a publication, as statements name it. */
interface Published {
  readonly publication: string
  readonly relation: string
}

/** Published tables that are not among some, by their oids. */
export async function publishedOthers(
  client: pg.Client,
  names: LogNames,
  wanted: ReadonlySet<unknown>,
): Promise<readonly Published[]> {
  const rows = await ask(
    client,
    `SELECT p.pubname, r.prrelid, n.nspname, c.relname FROM pg_catalog.pg_publication p
    JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = ANY($1::pg_catalog.text[])`,
    [`{${names.changes},${names.additions}}`],
  )
  return rows.flatMap(([publication, oid, schema, relation]) =>
    wanted.has(oid)
      ? []
      : [{ publication: publication!, relation: quotedRelation({ schema: schema!, relation: relation! }) }],
  )
}

/** Published tables, or such with partitions, that have lost the key by which the log tells their old rows. */
export async function publishedWithoutIdentity(
  client: pg.Client,
  { changes }: LogNames,
): Promise<readonly Published[]> {
  const rows = await ask(
    client,
    `SELECT n.nspname, c.relname FROM pg_catalog.pg_publication p
    JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE p.pubname = $1 AND EXISTS (SELECT FROM pg_catalog.pg_class l
      WHERE l.relkind = 'r' AND (l.oid = c.oid OR l.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
        AND l.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
          WHERE i.indrelid = l.oid AND i.indisvalid AND i.indimmediate
            AND CASE l.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END))`,
    [changes],
  )
  return rows.map(([schema, relation]) => ({
    publication: changes,
    relation: quotedRelation({ schema: schema!, relation: relation! }),
  }))
}

export async function unpublish(client: pg.Client, tables: readonly Published[]): Promise<void> {
  for (const { publication, relation } of tables)
    await client.query(`ALTER PUBLICATION ${publication} DROP TABLE ONLY ${relation}`)
}

export async function dropPublications(client: pg.Client, { changes, additions }: LogNames): Promise<void> {
  for (const name of [changes, additions]) await client.query(`DROP PUBLICATION IF EXISTS ${name}`)
}
