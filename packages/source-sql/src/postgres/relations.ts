/** What a Postgres database says of its tables. Everything is named with its schema: a search path may hold traps. */

/**
 * Sizes are what the statistics know: asked for its size, a table that somebody has locked would hold up all others. A wide row
 * counts for several.
 */
export const RELATIONS = `
  SELECT c.oid, n.nspname, c.relname, c.relkind,
    CASE WHEN c.relkind IN ('r', 'm') THEN nullif(greatest(c.reltuples::pg_catalog.int8, pg_catalog.pg_stat_get_live_tuples(c.oid),
        (c.relpages + coalesce(t.relpages, 0))::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 / 1000), -1)
      WHEN c.reltuples >= 0 THEN c.reltuples::pg_catalog.int8 END,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),
    CASE WHEN c.relkind <> 'v' THEN c.oid || '.' || c.relfilenode END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY n.nspname, c.relname`

/** What must not be NULL counts only where no row from before may be. */
export const COLUMNS = `
  SELECT a.attrelid, a.attnum, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
    a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
      WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND k.conkey = ARRAY[a.attnum]),
    pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = ANY($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`

export const TYPES = `
  WITH RECURSIVE used AS (
    SELECT DISTINCT a.atttypid AS oid FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = ANY($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION SELECT t.typbasetype FROM pg_catalog.pg_type t JOIN used u ON t.oid = u.oid WHERE t.typtype = 'd'
  )
  SELECT t.oid, t.typname, t.typtype, t.typbasetype, t.typcategory, t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
  FROM pg_catalog.pg_type t JOIN used u ON t.oid = u.oid`

/**
 * Only what is valid and covers all rows; of expressions an index says nothing about a column. A key that is checked at the
 * end of a transaction holds in every snapshot, because a snapshot shows only what is committed.
 */
export const INDEXES = `
  SELECT i.indrelid, i.indisunique, i.indisprimary, i.indnkeyatts, i.indkey::pg_catalog.text, m.amname
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam
  WHERE i.indrelid = ANY($1::pg_catalog.oid[]) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`

/** Which database this is. The cluster's own number outlives a change of its host and tells a copy restored elsewhere. */
export const IDENTITY = `
  SELECT CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
    THEN (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) END, pg_catalog.current_database()`

/** The definition of each view, and the files of what it shows: those of other views that it is made of too. */
export const VIEW_FILES = `
  WITH RECURSIVE shown AS (
    SELECT v.oid AS root, v.oid FROM pg_catalog.pg_class v WHERE v.relkind = 'v' AND v.oid = ANY($1::pg_catalog.oid[])
    UNION SELECT s.root, d.refobjid FROM shown s
      JOIN pg_catalog.pg_rewrite r ON r.ev_class = s.oid
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  )
  SELECT s.root, pg_catalog.md5(pg_catalog.string_agg(c.oid || '.' || c.relfilenode || '.' || pg_catalog.md5(coalesce(
      (SELECT r.ev_action::pg_catalog.text FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN'), '')),
    ' ' ORDER BY c.oid))
  FROM shown s JOIN pg_catalog.pg_class c ON c.oid = s.oid WHERE c.relkind <> 'S' GROUP BY s.root`
