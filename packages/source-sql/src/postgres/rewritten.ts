import { SyncError } from '@tidemark/core'
import type pg from 'pg'
import { ask } from './session.ts'

/**
 * Relations that this transaction has locked, and that its snapshot knows in another form or not at all. A snapshot is
 * taken before the lock on the first table is waited for. TRUNCATE, an ALTER that rewrites, REFRESH and a table that takes
 * another one's name write their rows again: whoever waited for them sees none of these, in silence. The snapshot's file of a
 * table is in `pg_class`, the present one is what the function says. System tables name no file there.
 */
const REWRITTEN = `
  SELECT count(*) FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
  WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND (c.oid IS NULL OR c.relkind IN ('r', 'm') AND c.relfilenode <> 0
      AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid))`

/** How often a transaction is begun again for the same question. */
export const TRIES = 5

/** Asked once the statement in question has its locks: from then on nobody rewrites what they cover. */
export async function isRewritten(client: pg.Client): Promise<boolean> {
  const [row] = await ask(client, REWRITTEN)
  return row![0] !== '0'
}

/** A table was written again each time that it was to be read. */
export class RewrittenError extends SyncError {
  constructor(label: string) {
    super(`${label}: a table was rewritten while Tidemark waited for its lock, ${TRIES} times`, 'retry')
  }
}
