/**
 * What the catalogue keeps for rows that were written before a column: exactly what such a row is read with. Of a table of
 * partitions that of all its partitions, where they agree. A table that was rewritten since keeps nothing; its rows do.
 */
export const BEFORE = `
  WITH RECURSIVE parts AS (
    SELECT $1::pg_catalog.oid AS oid
    UNION ALL SELECT i.inhrelid FROM parts p JOIN pg_catalog.pg_class r ON r.oid = p.oid AND r.relkind = 'p'
      JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
  )
  SELECT DISTINCT (a.attmissingval::pg_catalog.text::pg_catalog.text[])[1] FROM parts p
    JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid AND a.attname = $2 AND a.atthasmissing AND NOT a.attisdropped`
