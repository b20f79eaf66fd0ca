import type { DatabaseSync } from 'node:sqlite'
import { fold } from '../../table/names.ts'
import type { InspectedTable, SchemaEditor } from '../../table/schema-editor.ts'
import { quotedName } from '../../values/literal.ts'
import { UNICODE } from '../../values/repertoire.ts'
import type { Database } from './database.ts'
import { addColumn, createTable } from './ddl.ts'
import { codeOf, FAULT } from './errors.ts'
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
  const table = tableNamed(raw, name)
  if (table !== undefined) return asTable(raw, table)
  const row = raw
    .prepare("select type, name from main.sqlite_schema where name = ? collate nocase and type in ('table', 'view')")
    .get(name) as { readonly type: string; readonly name: string } | undefined
  if (row === undefined) return undefined
  return row.type === 'table' ? asTable(raw, row.name) : { isTable: false, kind: 'a view', name: row.name, columns: [] }
}

function asTable(raw: DatabaseSync, name: string): InspectedTable {
  return { isTable: true, kind: 'a table', name, columns: ungeneratedColumns(raw, name) }
}

/** A table's name as it was written; undefined if only the schema says, whose search reads the definitions of all tables. */
function tableNamed(raw: DatabaseSync, name: string): string | undefined {
  try {
    const [column] = raw.prepare(`select * from main.${quotedName(name)}`).columns()
    // The columns of a view come from a table of another name.
    const isTable = column?.database === 'main' && column.table !== null && fold(column.table) === fold(name)
    return isTable ? column.table! : undefined
  } catch (error) {
    if (codeOf(error) === FAULT) return undefined
    throw error
  }
}
