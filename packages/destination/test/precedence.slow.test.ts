import { DatabaseSync } from 'node:sqlite'
import { supersedes, type Version } from '@tidemark/core/engine'
import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dialectOf } from '../src/dialects/sqlite/database.ts'
import { DELETION_RAISES, DELETION_SUPERSEDES, rowSupersedes, standingFirst } from '../src/rows/precedence.ts'
import { onPostgres } from './postgres-place.ts'

const postgres = onPostgres()

async function databaseOf(kind: string): Promise<Kysely<never>> {
  if (kind === 'sqlite') return new Kysely<never>({ dialect: dialectOf(new DatabaseSync(':memory:')) })
  const pool = new pg.Pool({ connectionString: (await postgres()).server.url, max: 1 })
  // The server goes before the pool does.
  pool.on('error', () => {})
  const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => db.destroy())
  return db
}

const POSITIONS = [null, -(2n ** 63n), -1n, 0n, 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]
const VERSIONS: readonly Version[] = POSITIONS.flatMap((position) =>
  [false, true].map((isDeleted) => ({ position, isDeleted })),
)
const PAIRS = VERSIONS.flatMap((came) => VERSIONS.map((there) => ({ came, there })))

/** Two entries of one key, three, four, in every order. */
const ENTRIES = [1n, 2n].flatMap((position) => [false, true].map((isDeleted) => ({ position, isDeleted })))
const SEQUENCES = [1, 2, 3, 4].flatMap((length) =>
  Array.from({ length: ENTRIES.length ** length }, (_, number) =>
    Array.from({ length }, (_, place) => ENTRIES[Math.floor(number / ENTRIES.length ** place) % ENTRIES.length]!),
  ),
)

describe.each(['sqlite', 'postgres'])('the order of versions on %s is that of the function', (kind) => {
  async function asked(condition: RawBuilder<unknown>): Promise<readonly boolean[]> {
    const db = await databaseOf(kind)
    const rows = PAIRS.map(
      ({ came, there }, at) =>
        sql`select ${sql.lit(at)} as number, cast(${came.position} as bigint) as came, cast(${there.position} as bigint) as there, ${sql.lit(there.isDeleted ? 'then' : null)} as deleted`,
    )
    const pairs = sql`(${sql.join(rows, sql` union all `)}) as p`
    const t = sql`(select number, there as _cursor, deleted as _deleted_at from ${pairs}) as t`
    const s = sql`(select number, came as _cursor from ${pairs}) as s`
    const query = sql<{
      holds: unknown
    }>`select case when ${condition} then 1 else 0 end as holds from ${t} join ${s} on s.number = t.number order by t.number`
    return (await query.execute(db)).rows.map(({ holds }) => Number(holds) === 1)
  }
  const wanted = (holds: (came: Version, there: Version) => boolean) =>
    PAIRS.map(({ came, there }) => holds(came, there))

  it('where a row comes', async () => {
    const found = await asked(rowSupersedes())
    expect(found).toEqual(wanted(({ position }, there) => supersedes({ position, isDeleted: false }, there)))
    expect(new Set(found).size).toBe(2)
  })

  it('where a deletion comes to a row', async () => {
    const found = await asked(DELETION_SUPERSEDES)
    expect(found).toEqual(
      wanted((came, there) => supersedes({ ...came, isDeleted: true }, { ...there, isDeleted: false })),
    )
  })

  it('where a deletion comes to a mark: it raises it, and is not lost', async () => {
    const found = await asked(DELETION_RAISES)
    const isAbove = ({ position }: Version, there: Version) =>
      position !== null && !supersedes({ ...there, isDeleted: true }, { position, isDeleted: true })
    expect(found).toEqual(
      wanted((came, there) => isAbove(came, there) || (came.position !== null && there.position === null)),
    )
  })

  it('where entries of one key gather: the first that stands is the last of all that were put in order', async () => {
    const db = await databaseOf(kind)
    const rows = SEQUENCES.flatMap((entries, sequence) =>
      entries.map(
        ({ position, isDeleted }, at) =>
          sql`(${sql.lit(sequence)}, ${sql.lit(Number(position))}, ${sql.lit(isDeleted ? 1 : 0)}, ${sql.lit(at)})`,
      ),
    )
    const entries = sql`with e(k, _cursor, _kind, _at) as (values ${sql.join(rows)})`
    const ranked = sql`select k, _at, row_number() over (partition by k order by ${standingFirst({ cursored: true })}) as rank from e`
    const found = await sql<{
      _at: unknown
    }>`${entries} select _at from (${ranked}) as r where rank = 1 order by k`.execute(db)
    const last = (versions: readonly Version[]) =>
      versions.reduce((stands, one, at) => (supersedes(one, versions[stands]!) ? at : stands), 0)
    expect(found.rows.map(({ _at }) => Number(_at))).toEqual(SEQUENCES.map(last))
  })
})
