import type { PageCount } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

const TABLE = '_tidemark_pages'

type Db = Kysely<StateDatabase>

/** Adds to the pages that steps have read. */
export async function recordPages(db: Db, dialect: StateDialect, counts: readonly PageCount[]): Promise<void> {
  const exists = (): Promise<boolean> => dialect.hasTable(db as unknown as Kysely<never>, TABLE)
  if (!(await exists())) {
    // Of two runs that end, one creates it.
    await db.selectFrom('_tidemark_meta').select('version').modifyEnd(dialect.lock.update).execute()
    if (!(await exists())) await createPages(db)
  }
  const sum = (column: 'steps' | 'pages') =>
    sql<bigint>`${sql.ref(`${TABLE}.${column}`)} + ${sql.ref(`excluded.${column}`)}`
  // In one order, so that two runs that end at once do not wait for each other.
  const rows = counts
    .map(({ table, ...count }) => ({ ...count, name: table }))
    .sort((a, b) => (`${a.name} ${a.kind}` < `${b.name} ${b.kind}` ? -1 : 1))
  for (const some of chunks(rows, 100))
    await db
      .insertInto(TABLE)
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['name', 'kind']).doUpdateSet({ steps: sum('steps'), pages: sum('pages') }),
      )
      .execute()
}

/** Not part of a version of the state: older builds have no use for it, and leave it alone. */
async function createPages({ schema }: Db): Promise<void> {
  await schema
    .createTable(TABLE)
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('steps', 'bigint', (c) => c.notNull())
    .addColumn('pages', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('_tidemark_pages_key', ['name', 'kind'])
    .execute()
}
