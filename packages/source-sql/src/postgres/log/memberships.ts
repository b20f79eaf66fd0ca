import type pg from 'pg'
import { ask } from '../session.ts'

/** A publication and a slot that somebody else made: they are used as they are, and nothing is made, changed or dropped. */
export interface GivenNames {
  readonly publication: string
  readonly slot: string
}

/** By which transactions a publication, and what makes tables a part of it, was written. Before Postgres 15 it has no schemas. */
const MEMBERSHIPS = (hasSchemas: boolean): string => `
  WITH related AS (
    SELECT r.oid AS root, r.oid FROM pg_catalog.pg_class r WHERE r.oid = ANY($2::pg_catalog.oid[])
    UNION SELECT r.oid, t.relid FROM pg_catalog.pg_class r CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) t
      WHERE r.oid = ANY($2::pg_catalog.oid[])
    UNION SELECT r.oid, a.relid FROM pg_catalog.pg_class r CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(r.oid) a
      WHERE r.oid = ANY($2::pg_catalog.oid[])
  ), written AS (
    SELECT DISTINCT t.root, 'r' || m.oid || ':' || m.xmin::pg_catalog.text AS mark FROM related t
      JOIN pg_catalog.pg_publication_rel m ON m.prrelid = t.oid JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid WHERE p.pubname = $1
    UNION SELECT t.root, 'p' || p.oid || ':' || p.xmin::pg_catalog.text FROM related t CROSS JOIN pg_catalog.pg_publication p WHERE p.pubname = $1
    ${
      hasSchemas
        ? `UNION SELECT t.root, 'n' || m.oid || ':' || m.xmin::pg_catalog.text FROM related t JOIN pg_catalog.pg_class c ON c.oid = t.oid
      JOIN pg_catalog.pg_publication_namespace m ON m.pnnspid = c.relnamespace JOIN pg_catalog.pg_publication p ON p.oid = m.pnpubid WHERE p.pubname = $1`
        : ''
    }
  )
  SELECT root, pg_catalog.string_agg(mark, ',' ORDER BY mark) FROM written GROUP BY root`

/** What makes tables a part of a publication, by their oids: another text where that was changed, also and back again. */
export async function memberships(
  client: pg.Client,
  { publication }: GivenNames,
  oids: readonly string[],
  version: number,
): Promise<ReadonlyMap<string, string>> {
  const rows = await ask(client, MEMBERSHIPS(version >= 150_000), [publication, `{${oids.join()}}`])
  return new Map(rows.map(([root, marks]) => [root!, marks ?? '']))
}

/** Postgres 17 and before have no such option. */
const GENERATED = `SELECT to_jsonb(p) ->> 'pubgencols' FROM pg_catalog.pg_publication p WHERE p.pubname = $1`

/** Whether it has the stored generated columns of its tables. */
export async function publishesGenerated(client: pg.Client, { publication }: GivenNames): Promise<boolean> {
  return (await ask(client, GENERATED, [publication]))[0]?.[0] === 's'
}
