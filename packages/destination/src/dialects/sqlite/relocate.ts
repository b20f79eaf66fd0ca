import type { Lease } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { TableRelocation } from '../../relocate/relocation.ts'
import type { LeaseOptions } from '../../state/leases.ts'
import { fence } from '../../state/state-store.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import { TEXT_FORMS } from '../../values/forms.ts'
import type { Database, DatabaseOptions } from './database.ts'
import { sqliteFlavor } from './flavor.ts'
import { insertStored } from './insert-stored.ts'
import { sqliteMaker } from './maker.ts'
import { openReadingConnection } from './reading-connection.ts'
import { mainTable } from './statements.ts'
import { storedTable } from './stored.ts'
import type { Transactions } from './transactions.ts'

type Db = Kysely<StateDatabase>

/** State and rows of a SQLite file as they stand. */
export function sqliteRelocation(
  database: Database,
  transactions: Transactions,
  options: LeaseOptions & DatabaseOptions,
): TableRelocation {
  const { db: face, raw } = database
  const prove = async (db: Db, lease: Lease) => void (await fence(db, lease, options.runner, sqliteFlavor))
  return new TableRelocation({
    flavor: sqliteFlavor,
    maker: sqliteMaker(database),
    forms: TEXT_FORMS,
    read: (work) => transactions.read(work),
    write: (work) => transactions.write(work),
    prove,
    fenced: (lease, work) =>
      transactions.write(async (db) => {
        await prove(db, lease)
        return await work({ db, insert: async (layout, rows) => insertStored(face, raw, layout, rows) })
      }),
    stored: (layout) => storedTable(face, openReadingConnection(database, options), layout),
    dropTable: async (db, name) => void (await sql`drop table if exists ${mainTable(name)}`.execute(db)),
    countOn: async (db) => {
      // A lease's number is in the names of indexes, which may be there without it.
      const { rows } = await sql<{
        name: string
      }>`select name from sqlite_schema where name like '\\_tidemark\\_position\\_%' escape '\\'`.execute(db)
      const highest = rows.reduce((most, { name }) => Math.max(most, Number(name.split('_').at(-1)) || 0), 0)
      await sql`update sqlite_sequence set seq = max(seq, ${highest}) where name = '_tidemark_leases'`.execute(db)
    },
  })
}
