import type { DatabaseSync } from 'node:sqlite'
import type { InspectedTable, SchemaEditor } from '../../table/schema-editor.ts'
import { UNICODE } from '../../values/repertoire.ts'
import type { Database } from './database.ts'
import { addColumn, createTable } from './ddl.ts'
import { fillColumn } from './fill-column.ts'
import { indexPositions } from './names.ts'
import { problemOf } from './problem-of.ts'
import { sqliteProfile } from './profile.ts'
import { rebuildTable, ungeneratedColumns } from './rebuild.ts'

/** Makes and changes tables in SQLite. */
export function sqliteEditor({ raw, path }: Pick<Database, 'raw' | 'path'>): SchemaEditor {
  return {
    database: 'SQLite',
    place: path,
    repertoire: UNICODE,
    maxColumns: sqliteProfile.columns,
    maxKeyColumns: sqliteProfile.keyColumns,
    inspect: async (_db, name) => physical(raw, name),
    create: async (db, plan) => void (await createTable(plan).execute(db)),
    async addColumns(db, table, columns) {
      for (const column of columns) {
        await addColumn(table, column.column, column.type).execute(db)
        await fillColumn(db, raw, table, column)
      }
    },
    fillColumn: (db, table, column) => fillColumn(db, raw, table, column),
    rebuild: (db, rebuild) => rebuildTable(db, raw, rebuild),
    indexPositions: async (db, plan, { id }) => void (await indexPositions(plan, id).execute(db)),
    problemOf: async (_db, name, known) => problemOf(raw, name, known),
  }
}

function physical(raw: DatabaseSync, name: string): InspectedTable | undefined {
  const row = raw
    .prepare("select type, name from main.sqlite_schema where name = ? collate nocase and type in ('table', 'view')")
    .get(name) as { readonly type: string; readonly name: string } | undefined
  if (row === undefined) return undefined
  const isTable = row.type === 'table'
  return {
    isTable,
    kind: isTable ? 'a table' : 'a view',
    name: row.name,
    columns: isTable ? ungeneratedColumns(raw, name) : [],
  }
}
