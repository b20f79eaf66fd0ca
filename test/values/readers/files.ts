import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import source from '@tidemark/source-files'
import { rewritten } from '../../../packages/source-files/test/parquet-files.ts'
import type { Case, Example, Place, Reader, Written } from '../example.ts'
import { CSV } from '../inputs/csv.ts'
import { JSON_VALUES } from '../inputs/json.ts'
import { PARQUET } from '../inputs/parquet.ts'
import { newFolder } from './folder.ts'

const FIXTURES = join(import.meta.dirname, '../../../packages/source-files/test/fixtures')

type Write = (folder: string, example: Example, name: string) => Promise<string> | string

/** A table for each example: its value in row 1, and NULL in row 2. */
function filesOf(write: Write): Reader['write'] {
  return async (cases) => {
    const folder = newFolder()
    const tables: Record<string, object> = {}
    for (const { example, number } of cases) {
      const { bytes: _bytes, ...config } = example.config ?? {}
      const path = join(folder, await write(folder, example, `t${number}`))
      tables[`t${number}`] = {
        path,
        minAge: '0s',
        primaryKey: ['id'],
        columns: { id: 'integer', ...(example.declared === undefined ? {} : { v: example.declared }) },
        ...config,
      }
    }
    return { source, config: { tables }, place: placeOf } satisfies Written
  }
}

export const placeOf = ({ number, example }: Case): Place => ({
  table: `t${number}`,
  column: fixtureOf(example.given)?.column ?? 'v',
  key: { column: 'id', value: '1' },
})

/** The bytes of a text: UTF-8, unless the example says bytes, or UTF-16. */
function encoded(text: string, { config }: Example): Buffer {
  if (config?.['encoding'] === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le')
  return Buffer.from(text, config?.['bytes'] === true ? 'latin1' : 'utf8')
}

const writeCsv: Write = (folder, example, name) => {
  const delimiter = String(example.config?.['delimiter'] ?? ',')
  const text = `id${delimiter}v\n1${delimiter}${example.given}\n2${delimiter}\n`
  writeFileSync(join(folder, `${name}.csv`), encoded(text, example))
  return `${name}.csv`
}

const writeNdjson: Write = (folder, example, name) => {
  writeFileSync(join(folder, `${name}.ndjson`), encoded(`{"id":1,"v":${example.given}}\n{"id":2,"v":null}\n`, example))
  return `${name}.ndjson`
}

const writeJson: Write = (folder, example, name) => {
  writeFileSync(join(folder, `${name}.json`), encoded(`[{"id":1,"v":${example.given}},\n {"id":2,"v":null}]`, example))
  return `${name}.json`
}

/** What says of a column of bytes that it is text: its converted type, an integer. */
const UTF8 = { id: 6, type: 5, value: Buffer.from([0]) }

/** Writes with DuckDB; `file:` names a fixture and its column, `text:` makes a text of bytes by the schema alone. */
const writeParquet: Write = async (folder, { given }, name) => {
  const path = join(folder, `${name}.parquet`)
  const fixture = fixtureOf(given)
  if (fixture !== undefined) {
    copyFileSync(join(FIXTURES, fixture.file), path)
    return `${name}.parquet`
  }
  const isText = given.startsWith('text:')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(
    `COPY (SELECT 1::BIGINT AS id, ${isText ? given.slice(5) : given} AS v UNION ALL SELECT 2, NULL) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
  if (isText)
    writeFileSync(
      path,
      await rewritten(path, ({ name, fields }) =>
        name === 'v' ? [...fields, UTF8].sort((a, b) => a.id - b.id) : fields,
      ),
    )
  return `${name}.parquet`
}

function fixtureOf(given: string): { readonly file: string; readonly column: string } | undefined {
  const [, file, column] = /^file:([^:]+):(.+)$/.exec(given) ?? []
  return file === undefined || column === undefined ? undefined : { file, column }
}

export const csv: Reader = { name: 'CSV', examples: CSV, write: filesOf(writeCsv) }
export const ndjson: Reader = { name: 'JSON', examples: JSON_VALUES, write: filesOf(writeNdjson) }
/** The same values in a JSON document: they come out as from NDJSON. */
export const jsonDocument: Reader = { name: 'JSON document', examples: JSON_VALUES, write: filesOf(writeJson) }
export const parquet: Reader = { name: 'Parquet', examples: PARQUET, write: filesOf(writeParquet) }
