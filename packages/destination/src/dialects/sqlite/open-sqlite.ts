import type { Destination } from '@tidemark/core/engine'
import { STATE_VERSION } from '@tidemark/core/engine'
import { moveInto, refuseMoving } from '../../relocate/moving.ts'
import { migrate, refuseNewer, stateVersion } from '../../state/migrations.ts'
import { SqlStore } from '../../store.ts'
import { SqliteConnections } from './connections.ts'
import { openDatabase } from './database.ts'
import { sqliteDialect } from './dialect.ts'
import { explain } from './errors.ts'
import type { SqliteOptions } from './options.ts'
import { sqliteFlavor } from './state-dialect.ts'

/** Opens the database and brings its state tables to this version. */
export async function openSqlite(options: SqliteOptions & { readonly moving: boolean }): Promise<Destination> {
  const database = await openDatabase(options.path, options)
  try {
    const { db } = database
    const version = await stateVersion(db, sqliteFlavor)
    refuseNewer(version, options.path)
    if (!options.moving) refuseMoving(await moveInto(db, sqliteFlavor), options.path)
    // Who only looks must not wait for a writer: the write lock is taken only where there is something to make.
    if (version < STATE_VERSION)
      await db.transaction().execute((transaction) => migrate(transaction, sqliteFlavor, options.path))
    return new SqlStore(new SqliteConnections(database), sqliteDialect(database), options)
  } catch (error) {
    if (database.raw.isOpen) database.raw.close()
    throw explain(error, options.path)
  }
}
