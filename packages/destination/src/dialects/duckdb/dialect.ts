import { type RawBuilder, sql } from 'kysely'
import { pairColumns } from '../../rows/replace.ts'
import type { Dialect } from '../dialect.ts'
import { DECODERS, DUCKDB_CODEC, TYPE_NAMES } from './column-types.ts'
import { duckdbEditor } from './editor.ts'
import { type DuckDbPlace, ROW_NUMBER } from './place.ts'
import { duckdbProfile } from './profile.ts'
import { duckdbFlavor } from './state-dialect.ts'

const ROW_PLACE = [{ name: ROW_NUMBER, type: 'bigint' }]

/** DuckDB, for one file. */
export function duckdbDialect({ path, catalog }: DuckDbPlace): Dialect {
  const table = (name: string): RawBuilder<unknown> => sql.id(catalog, 'main', name)
  return {
    profile: duckdbProfile,
    place: path,
    flavor: duckdbFlavor,
    editor: duckdbEditor({ path, catalog }),
    preparesAtOnce: 1,
    codec: DUCKDB_CODEC,
    canonical: DECODERS,
    decode: DECODERS,
    table,
    typeOf: (type) => TYPE_NAMES[type],
    moment: (text) => sql`cast(${text} as timestamptz)`,
    comparable: (column) => [column],
    rowPlace: ROW_PLACE,
    writesBy: 'merge',
    looksUpBy: 'temporary table',
    stagingTable: ({ slot }) => sql.id('temp', 'main', `_tidemark_staging_${slot}`),
    createStaging: (name, columns) =>
      sql`create temp table ${name} (${sql.join(columns)}, _kind tinyint not null, _at bigint not null)`,
    losesStaging: false,
    reusesStagingNames: true,
    pairs: {
      table: sql.id('temp', 'main', '_tidemark_kept'),
      create: sql`create temp table _tidemark_kept (${pairColumns(ROW_PLACE, 'bigint')})`,
    },
  }
}
