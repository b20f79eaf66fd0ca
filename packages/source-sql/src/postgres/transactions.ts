/** What is open at a server, as far as it matters for the end of what can be read. */

/**
 * Now, the start of the oldest open transaction, whether some are hidden from us or say nothing of themselves, and when a
 * standby last heard of its primary. Our own sessions only read; workers that write no rows of users do not count. `statement_timestamp()` was
 * taken before the list is looked at, so whoever is not in it yet began later.
 */
export const CLOCK = `
  SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::int8,
    (extract(epoch FROM least(
      (SELECT min(a.xact_start) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid AND a.pid <> pg_backend_pid()
        AND a.application_name <> $1 AND a.backend_type NOT IN ('autovacuum worker', 'walsender')),
      (SELECT min(p.prepared) FROM pg_catalog.pg_prepared_xacts p WHERE p.database = d.datname))) * 1000000)::int8,
    (SELECT count(*) FROM pg_catalog.pg_stat_activity a
      WHERE a.datid = d.oid AND a.query = '<insufficient privilege>' AND a.application_name <> $1),
    pg_is_in_recovery(),
    CASE WHEN pg_is_in_recovery() THEN (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::int8 END,
    (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'TimeZone'), current_user,
    (SELECT count(*) FROM pg_catalog.pg_stat_activity a
      WHERE a.datid = d.oid AND a.state = 'disabled' AND a.application_name <> $1 AND a.pid <> pg_backend_pid())
  FROM pg_catalog.pg_database d WHERE d.datname = current_database()`

/** A table, all that inherits from it, and the sequences that its column draws from. */
const CONCERNED = `
  WITH RECURSIVE concerned AS (
    SELECT $1::oid AS oid
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN concerned c ON i.inhparent = c.oid
  ), drawn AS (
    SELECT s.refobjid AS oid FROM pg_catalog.pg_attrdef f
      JOIN pg_catalog.pg_depend s ON s.classid = 'pg_catalog.pg_attrdef'::regclass AND s.objid = f.oid
        AND s.refclassid = 'pg_catalog.pg_class'::regclass
      JOIN pg_catalog.pg_class k ON k.oid = s.refobjid AND k.relkind = 'S'
      JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
      WHERE f.adrelid IN (SELECT oid FROM concerned) AND a.attname = $2
    UNION SELECT s.objid FROM pg_catalog.pg_depend s
      JOIN pg_catalog.pg_class k ON k.oid = s.objid AND k.relkind = 'S'
      JOIN pg_catalog.pg_attribute a ON a.attrelid = s.refobjid AND a.attnum = s.refobjsubid
      WHERE s.classid = 'pg_catalog.pg_class'::regclass AND s.refclassid = 'pg_catalog.pg_class'::regclass
        AND s.deptype IN ('a', 'i') AND s.refobjid IN (SELECT oid FROM concerned) AND a.attname = $2
  )`

/** The sequences that columns of tables draw from: those of a table of partitions, also by way of a partition. */
export const SEQUENCES = `
  WITH RECURSIVE concerned AS (
    SELECT c.oid AS root, c.oid, c.relkind = 'p' AS parted FROM pg_catalog.pg_class c WHERE c.oid = ANY($1::pg_catalog.oid[])
    UNION SELECT c.root, i.inhrelid, c.parted FROM concerned c JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid WHERE c.parted
  ), drawn AS (
    SELECT c.root, a.attname, s.refobjid AS oid FROM concerned c JOIN pg_catalog.pg_attrdef f ON f.adrelid = c.oid
      JOIN pg_catalog.pg_depend s ON s.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND s.objid = f.oid
        AND s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    UNION SELECT c.root, a.attname, s.objid FROM concerned c JOIN pg_catalog.pg_depend s ON s.refobjid = c.oid
      AND s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND s.deptype = 'i'
      JOIN pg_catalog.pg_attribute a ON a.attrelid = s.refobjid AND a.attnum = s.refobjsubid
  )
  SELECT d.root, d.attname, count(*), min(q.seqincrement), max(q.seqincrement), max(q.seqcache), pg_catalog.bool_or(q.seqcycle)
  FROM drawn d JOIN pg_catalog.pg_sequence q ON q.seqrelid = d.oid GROUP BY d.root, d.attname`

/** The last number that a column's sequences gave out: it does not go back when the newest rows are deleted. */
export const LAST_DRAWN = `${CONCERNED}
  SELECT max(CASE WHEN pg_catalog.has_sequence_privilege(d.oid, 'USAGE, SELECT')
    THEN pg_catalog.pg_sequence_last_value(d.oid) END) FROM drawn d`

/**
 * Transactions that may hold rows of a table that nobody sees yet. Whoever inserts holds a lock on the table from before
 * a number is drawn until the end, and whoever drew a number one on the sequence; both can be seen by everyone. Readers
 * and vacuum hold others, and nobody waits for them. Where the column names no sequence, it may be any.
 */
export const WRITERS = `${CONCERNED}
  SELECT DISTINCT l.virtualtransaction, l.pid FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND (l.relation IN (SELECT oid FROM concerned UNION ALL SELECT oid FROM drawn)
      OR NOT EXISTS (SELECT FROM drawn)
        AND l.relation IN (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'S'))`
