/** What the partitions of a table say of it: everything is looked up in the catalogue, so no lock is waited for. */

const LEAVES = `
  WITH RECURSIVE parts AS (
    SELECT i.inhparent AS root, i.inhrelid AS oid FROM pg_catalog.pg_inherits i
      JOIN pg_catalog.pg_class r ON r.oid = i.inhparent
      WHERE r.relkind = 'p' AND i.inhparent = ANY($1::pg_catalog.oid[])
    UNION ALL SELECT p.root, i.inhrelid FROM parts p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
  ), leaves AS (
    SELECT p.root, c.oid, c.relkind, c.relfilenode, c.relpartbound FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.oid
      WHERE c.relkind <> 'p'
  )`

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
