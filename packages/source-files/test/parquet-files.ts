import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { literal } from '../src/duckdb.ts'
import type { SchemaElement } from '../src/parquet-element.ts'
import { readFooter } from '../src/parquet-footer.ts'
import { writeFooter } from '../src/parquet-schema.ts'
import type { Folder } from './harness.ts'

/** Writes what a query gives to a Parquet file. */
export async function written(folder: Folder, name: string, select: string, options = ''): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`COPY (${select}) TO ${literal(folder.at(name))} (FORMAT parquet${options})`)
  connection.closeSync()
  instance.closeSync()
  return folder.at(name)
}

/** The file with other fields in its schema. */
export async function rewritten(
  file: string,
  change: (element: SchemaElement) => SchemaElement['fields'],
): Promise<Buffer> {
  const footer = await readFooter(file)
  return Buffer.concat([readFileSync(file).subarray(0, footer.start), writeFooter(footer, footer.schema.map(change))])
}
