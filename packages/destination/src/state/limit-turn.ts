import type { Lease } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

/**
 * Steps of a table that a limit judges together commit one after another. This waits until those before are committed, and
 * others wait until this transaction ends: the second of two knows what the first has deleted or rejected.
 */
export async function waitForLimitTurn(
  db: Kysely<StateDatabase>,
  { id }: Lease,
  lock: StateDialect['lock'],
): Promise<void> {
  await db.selectFrom('_tidemark_leases').select('id').where('id', '=', id).modifyEnd(lock.noKeyUpdate).execute()
}
