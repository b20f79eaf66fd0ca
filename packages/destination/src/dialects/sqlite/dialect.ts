import { sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { pairColumns } from '../../rows/replace.ts'
import { TEXT_CODEC } from '../../values/codec.ts'
import type { Dialect } from '../dialect.ts'
import { DECODERS, TYPE_NAMES } from './column-types.ts'
import type { Database } from './database.ts'
import { sqliteEditor } from './editor.ts'
import { mainTable, stagingName } from './names.ts'
import { sqliteProfile } from './profile.ts'
import { rowTexts } from './row-texts.ts'
import { TOGETHER } from './small-work.ts'
import { sqliteFlavor } from './state-dialect.ts'

const ROW_PLACE = [{ name: '_rowid_', type: 'integer primary key' }]

/** So many expressions one text is made of. */
const MAX_EXPRESSIONS = 200

/** SQLite, for one file. */
export function sqliteDialect(database: Database): Dialect {
  return {
    profile: sqliteProfile,
    place: database.path,
    flavor: sqliteFlavor,
    editor: sqliteEditor(database),
    preparesAtOnce: TOGETHER,
    codec: TEXT_CODEC,
    canonical: DECODERS,
    decode: DECODERS,
    table: mainTable,
    typeOf: (type) => TYPE_NAMES[type],
    moment: (text) => text,
    comparable: (column) => [column],
    // A result has as many columns as a table. As a text that says type and value, NULL too.
    grouped: (expressions) =>
      expressions.length <= MAX_EXPRESSIONS
        ? expressions
        : chunks(expressions, MAX_EXPRESSIONS).map((some) =>
            sql.join(
              some.map((one) => sql`quote(${one})`),
              sql` || ',' || `,
            ),
          ),
    rowPlace: ROW_PLACE,
    writesBy: 'upsert',
    // The process does nothing else while a statement runs.
    movedAtOnce: 50_000,
    nativeForm: 'sqlite',
    nativeSums: rowTexts,
    looksUpBy: 'values',
    stagingTable: ({ slot }) => sql.id('temp', stagingName(slot)),
    createStaging: (table, columns) =>
      sql`create temp table ${table} (${sql.join(columns)}, _kind integer not null, _at integer primary key) strict`,
    // They are in a temporary table of the connection.
    losesStaging: false,
    reusesStagingNames: true,
    pairs: {
      table: sql.id('temp', '_tidemark_kept'),
      create: sql`create temp table _tidemark_kept (${pairColumns(ROW_PLACE, 'integer not null unique')}) strict`,
    },
  }
}
