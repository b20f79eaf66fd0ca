/** What the partitions of a table say of it: everything is looked up in the catalogue, so no lock is waited for. */

const LEAVES = `
  WITH RECURSIVE parts AS (
    SELECT r.oid AS root, r.oid, '' COLLATE pg_catalog."C" AS place FROM pg_catalog.pg_class r
      WHERE r.relkind = 'p' AND r.oid = ANY($1::pg_catalog.oid[])
    UNION ALL SELECT p.root, c.oid, pg_catalog.md5(p.place ||
        pg_catalog.regexp_replace(c.relpartbound::pg_catalog.text, ':location -?[0-9]+', '', 'g')) COLLATE pg_catalog."C"
      FROM parts p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
  ), leaves AS (
    SELECT p.root, c.oid, c.relfilenode, pg_catalog.left(p.place, 12) AS place
      FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.oid WHERE c.relkind <> 'p'
  )`

/** The partitions of tables: the place of each, which is its bounds, and the file of its rows. */
export const LEAF_FILES = `${LEAVES}
  SELECT l.root, l.place, l.oid || '.' || l.relfilenode FROM leaves l`

/**
 * Unique keys that all partitions of a table have, where the table declares none for itself; and whether each holds the
 * columns by which rows are dealt out, so that no two partitions can hold the same one.
 */
export const COMMON_KEYS = `${LEAVES}, keys AS (
    SELECT l.root, l.oid, i.indisprimary, k.names FROM leaves l
      JOIN pg_catalog.pg_index i ON i.indrelid = l.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      CROSS JOIN LATERAL (
        SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname) AS names, pg_catalog.bool_and(a.attnotnull) AS filled
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid
          AND a.attnum = ANY((pg_catalog.string_to_array(i.indkey::pg_catalog.text, ' ')::pg_catalog.int2[])[1:i.indnkeyatts])) k
      WHERE k.filled
  ), dealt AS (
    SELECT p.partrelid AS root, pg_catalog.array_agg(a.attname::pg_catalog.text) AS names,
      pg_catalog.bool_or(0 = ANY(pg_catalog.string_to_array(p.partattrs::pg_catalog.text, ' ')::pg_catalog.int2[])) AS computed
    FROM pg_catalog.pg_partitioned_table p LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid
      AND a.attnum = ANY(pg_catalog.string_to_array(p.partattrs::pg_catalog.text, ' ')::pg_catalog.int2[])
    WHERE p.partrelid = ANY($1::pg_catalog.oid[]) GROUP BY p.partrelid
  )
  SELECT k.root, pg_catalog.bool_and(k.indisprimary), pg_catalog.to_json(k.names), pg_catalog.bool_and(NOT d.computed AND d.names <@ k.names)
  FROM keys k JOIN dealt d ON d.root = k.root
  GROUP BY k.root, k.names
  HAVING count(DISTINCT k.oid) = (SELECT count(*) FROM leaves l WHERE l.root = k.root)`
