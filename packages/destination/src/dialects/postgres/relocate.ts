import type { Lease } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { TableRelocation } from '../../relocate/relocation.ts'
import { storedColumns } from '../../relocate/stored-form.ts'
import type { LeaseOptions } from '../../state/leases.ts'
import { fence } from '../../state/state-store.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import { copyIn } from './copy-in.ts'
import { CopyRows } from './copy-rows.ts'
import { postgresFlavor } from './flavor.ts'
import { formsOf } from './forms.ts'
import { loadHalving } from './load.ts'
import { postgresMaker } from './maker.ts'
import type { Session, Sessions } from './sessions.ts'
import { list } from './statements.ts'
import { storedTable } from './stored.ts'

type Db = Kysely<StateDatabase>
type Fenced = <T>(lease: Lease, work: (session: Session) => Promise<T>) => Promise<T>

const COUNTED = [
  ['_tidemark_rereads', 'id'],
  ['_tidemark_changes', 'id'],
  ['_tidemark_rejects', 'id'],
  ['_tidemark_runs', 'run'],
] as const

/** State and rows of a schema of Postgres as they stand. */
export function postgresRelocation(
  sessions: Sessions,
  schema: string,
  { runner }: Pick<LeaseOptions, 'runner'>,
  fenced: Fenced,
): TableRelocation {
  return new TableRelocation({
    flavor: postgresFlavor,
    maker: postgresMaker(schema, sessions),
    forms: formsOf(sessions.repertoire),
    read: (work) => sessions.transaction({ mode: 'read' }, ({ db }) => work(db)),
    write: (work) => sessions.transaction({ mode: 'write' }, ({ db }) => work(db)),
    prove: async (db, lease) => void (await fence(db, lease, runner, postgresFlavor)),
    fenced: (lease, work) =>
      fenced(lease, (session) =>
        work({
          db: session.db,
          insert: async (layout, rows) => {
            const columns = storedColumns(layout)
            const into = sql`copy ${sql.id(schema, layout.name)} (${list(columns.map(({ name }) => name))}) from stdin (format binary)`
            const { sql: text } = into.compile(session.db)
            const types = columns.map(({ type }) => type)
            const encoder = () => new CopyRows(types, { fields: 0, bytes: Buffer.alloc(0) })
            const { refused } = await loadHalving(session, rows, (some) =>
              copyIn(session.client, text, encoder().chunks(some)),
            )
            const [first] = refused
            return first === undefined
              ? undefined
              : { at: rows.indexOf(first.row), why: (first.error as Error).message }
          },
        }),
      ),
    stored: (layout) => storedTable(sessions, schema, layout),
    dropTable: async (db, name) => void (await sql`drop table if exists ${sql.id(schema, name)}`.execute(db)),
    countOn: async (db) => {
      for (const [table, column] of COUNTED)
        await sql`select setval(pg_get_serial_sequence(${table}, ${column}), greatest(
          (select coalesce(max(${sql.id(column)}), 0) + 1 from ${sql.id(table)}), 1), false)`.execute(db)
      await countLeases(db, schema)
    },
  })
}

/** A lease's number is in the names of keys and indexes, which may be there without it. */
async function countLeases(db: Db, schema: string): Promise<void> {
  await sql`select setval(pg_get_serial_sequence('_tidemark_leases', 'id'), greatest(
    (select coalesce(max(id), 0) from _tidemark_leases),
    (select coalesce(max(substring(relname from '^_tidemark_(?:key|position)_(\\d{1,15})$')::bigint), 0) from pg_catalog.pg_class
      where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema}))) + 1, false)`.execute(
    db,
  )
}
