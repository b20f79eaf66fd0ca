import type pg from 'pg'
import { ask } from '../session.ts'
import { type GivenNames, memberships, publishesGenerated } from './memberships.ts'
import type { Attribute } from './shape.ts'

/** A relation that holds rows of a table: the table itself, or a partition of it. */
export interface Leaf {
  readonly oid: number
  readonly schema: string
  readonly relation: string
  /** Its file: another one holds its rows at other places. */
  readonly file: string
  /** About how many pages it has. */
  readonly pages: number
  /** p: it is logged; u: it is not. */
  readonly persistence: string
  /** d: the primary key, n: nothing, f: the whole row, i: an index. */
  readonly identity: string
  /** The columns by which the log tells an old row; empty: it does not. */
  readonly identityColumns: readonly string[]
  /** By which transactions it, and what it is in, was attached; empty: it is no partition. */
  readonly attachment: string
}

/** What the log needs to know of a table, beside what every table is asked. */
export interface LogFacts {
  readonly leaves: readonly Leaf[]
  /** Generated columns that no publication has: those that are not stored, and before Postgres 18 all. */
  readonly unpublished: ReadonlySet<string>
  /** All columns that a publication has, also those that the user may not read. */
  readonly columns: readonly Attribute[]
  /** So many columns it has ever had. */
  readonly attributes: number
  /** What makes it a part of a publication that somebody else made; undefined: that is Tidemark's. */
  readonly membership: string | undefined
}

/** A key that is checked at the end of a transaction tells no row. */
const LEAVES = `
  WITH RECURSIVE parts AS (
    SELECT r.oid AS root, r.oid FROM pg_catalog.pg_class r WHERE r.oid = ANY($1::pg_catalog.oid[])
    UNION ALL SELECT p.root, i.inhrelid FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.oid AND c.relkind = 'p'
      JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
  )
  SELECT p.root, c.oid, n.nspname, c.relname, pg_catalog.pg_relation_filenode(c.oid), c.relpages, c.relpersistence, c.relreplident,
    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place) FROM pg_catalog.pg_index i
      CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.string_to_array(i.indkey::pg_catalog.text, ' ')::pg_catalog.int2[])
        WITH ORDINALITY k(number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
      WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND k.place <= i.indnkeyatts
        AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END),
    (SELECT pg_catalog.string_agg(i.xmin::pg_catalog.text, ',' ORDER BY i.inhrelid) FROM pg_catalog.pg_inherits i
      WHERE i.inhrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid)))
  FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind <> 'p' ORDER BY p.root, c.oid`

const ATTRIBUTES = `
  SELECT a.attrelid, a.attname, a.attgenerated, a.atttypid, a.atttypmod, a.attnum, c.relnatts
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  WHERE a.attrelid = ANY($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped`

/** From this version on a publication may have stored generated columns. */
export const STORED_FROM = 180_000

/** Asks for the leaves of tables. @param given the publication that they are in, where Tidemark does not make it. @returns by the oids of the tables. */
export async function logFacts(
  client: pg.Client,
  oids: readonly string[],
  given?: GivenNames,
): Promise<ReadonlyMap<string, LogFacts>> {
  const list = [`{${oids.join()}}`]
  const [version] = (await ask(client, `SELECT current_setting('server_version_num')`))[0]!
  const publishesStored =
    Number(version) >= STORED_FROM && (given === undefined || (await publishesGenerated(client, given)))
  const members = given === undefined ? undefined : await memberships(client, given, oids, Number(version))
  const leaves = Map.groupBy(await ask(client, LEAVES, list), ([root]) => root!)
  const attributes = Map.groupBy(await ask(client, ATTRIBUTES, list), ([root]) => root!)
  return new Map(
    oids.map((oid) => [
      oid,
      {
        leaves: (leaves.get(oid) ?? []).map(
          ([, leaf, schema, relation, file, pages, persistence, identity, columns, attachment]): Leaf => ({
            oid: Number(leaf),
            schema: schema!,
            relation: relation!,
            file: file ?? '',
            pages: Number(pages),
            persistence: persistence!,
            identity: identity!,
            identityColumns: columns == null ? [] : JSON.parse(columns),
            attachment: attachment ?? '',
          }),
        ),
        unpublished: new Set(
          (attributes.get(oid) ?? []).flatMap((one) => (isPublished(one, publishesStored) ? [] : [one[1]!])),
        ),
        columns: (attributes.get(oid) ?? [])
          .filter((one) => isPublished(one, publishesStored))
          .map(([, name, , type, modifier, number]) => ({
            ...{ name: name!, type: Number(type), modifier: Number(modifier), number: Number(number) },
          })),
        attributes: Number(attributes.get(oid)?.[0]?.[6] ?? 0),
        membership: members === undefined ? undefined : (members.get(oid) ?? ''),
      },
    ]),
  )
}

const isPublished = ([, , generated]: readonly (string | null)[], publishesStored: boolean): boolean =>
  generated === '' || (generated === 's' && publishesStored)
