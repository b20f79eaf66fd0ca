import { type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { pairColumns } from '../../rows/replace.ts'
import type { Dialect } from '../dialect.ts'
import { codecOf } from './codec.ts'
import { COMPARABLES, DECODERS, SHOWN_FORMS, TYPE_NAMES } from './column-types.ts'
import { postgresEditor } from './editor.ts'
import { FOR_SQLITE } from './for-sqlite.ts'
import { FROM_SQLITE } from './from-sqlite.ts'
import { postgresProfile } from './profile.ts'
import { nativeSums, RowWeights } from './row-weights.ts'
import type { Sessions } from './sessions.ts'
import { stagingName } from './staging-tables.ts'
import { postgresFlavor } from './state-dialect.ts'

/** A row of a partitioned table has its place in one of its tables. */
const ROW_PLACE = [
  { name: 'ctid', type: 'tid' },
  { name: 'tableoid', type: 'oid' },
]

/** The most expressions of a list (documentation, "PostgreSQL Limits") leave no room for those of a table that is wide. */
const MAX_EXPRESSIONS = 500

/** Postgres, for one schema. The server was asked before what it holds, and where the tables are. */
export function postgresDialect(sessions: Pick<Sessions, 'place' | 'repertoire' | 'schema'>): Dialect {
  const { schema, place, repertoire } = sessions
  const table = (name: string): RawBuilder<unknown> => sql.id(schema, name)
  return {
    profile: postgresProfile,
    place,
    flavor: postgresFlavor,
    editor: postgresEditor(schema, { place, repertoire }),
    preparesAtOnce: 1,
    codec: codecOf(repertoire),
    canonical: SHOWN_FORMS,
    decode: DECODERS,
    table,
    typeOf: (type) => TYPE_NAMES[type],
    moment: (text) => sql`cast(${text} as timestamptz)`,
    comparable: (column, type) => (type === undefined ? undefined : COMPARABLES[type])?.(column) ?? [column],
    grouped: (expressions) =>
      expressions.length <= MAX_EXPRESSIONS
        ? expressions
        : chunks(expressions, MAX_EXPRESSIONS).map((some) => sql`row(${sql.join(some)})`),
    rowPlace: ROW_PLACE,
    writesBy: 'merge',
    weightsOf: (types, rows) => new RowWeights(types).ofEncoded(rows),
    // With another encoding each text is looked at, so that the one that does not fit is named.
    nativeForm: repertoire.encoding === undefined ? 'postgres' : undefined,
    gives: { sqlite: FOR_SQLITE },
    takes: { sqlite: FROM_SQLITE },
    nativeSums,
    looksUpBy: 'temporary table',
    stagingTable: (staging) => table(stagingName(staging)),
    createStaging: (name, columns) =>
      sql`create unlogged table ${name} (${sql.join(columns)}, _kind smallint not null, _at bigint not null)
        with (autovacuum_enabled = false)`,
    losesStaging: true,
    // One that somebody reads is not dropped at once.
    reusesStagingNames: false,
    pairs: {
      table: sql`pg_temp._tidemark_kept`,
      create: sql`create temp table _tidemark_kept (${pairColumns(ROW_PLACE, 'bigint')}) on commit drop`,
    },
  }
}
