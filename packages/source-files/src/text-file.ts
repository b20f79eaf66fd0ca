import type { Meter } from './bytes.ts'
import type { FileTable, Format } from './config.ts'
import { dialectOf } from './config.ts'
import { textOf } from './content.ts'
import { BadRecord, CsvParser, uniqueNames } from './csv.ts'
import type { Fields } from './csv-record.ts'
import { type JsonObject, jsonDocument, jsonLines } from './json-records.ts'
import type { JsonReader } from './json-value.ts'

// Why texts are not read by DuckDB: docs/decisions/0006-duckdb-for-parquet-only.md

/** Records of a delimited file under the names of its columns. */
export interface CsvPage {
  readonly names: readonly string[]
  readonly records: readonly (Fields | BadRecord)[]
}

// Long enough to be worth its overhead, short enough that a part's limit is met closely.
const PAGE = 2000

/** The records of a CSV or TSV file, page by page. The first page comes also where there is a header and nothing else. */
export async function* csvPages(
  path: string,
  table: FileTable,
  format: Format,
  signal: AbortSignal,
  meter?: Meter,
): AsyncGenerator<CsvPage> {
  const given = Array.isArray(table.header) ? table.header : undefined
  const parser = new CsvParser(dialectOf(table, format), given?.length)
  let names: readonly string[] | undefined = given === undefined ? undefined : uniqueNames(given)
  for await (const [piece, last] of withLast(textOf(path, table.encoding, signal, meter))) {
    let records = parser.feed(piece, last)
    if (names === undefined) {
      const [first] = records
      if (first === undefined) continue
      const fields = first instanceof BadRecord ? first.values : first
      names = uniqueNames(table.header === true ? fields : fields.map(() => null))
      if (table.header === true) records = records.slice(1)
      yield { names, records: [] }
    }
    for (let at = 0; at < records.length; at += PAGE) yield { names, records: records.slice(at, at + PAGE) }
  }
}

/** The objects of a JSON or NDJSON file, page by page. */
export async function* jsonPages(
  path: string,
  table: FileTable,
  format: Format,
  reader: JsonReader,
  signal: AbortSignal,
  meter?: Meter,
): AsyncGenerator<JsonObject[]> {
  const texts = textOf(path, table.encoding, signal, meter)
  for await (const records of format === 'ndjson'
    ? jsonLines(texts, reader)
    : jsonDocument(texts, reader, table.rows)) {
    for (let at = 0; at < records.length; at += PAGE) yield records.slice(at, at + PAGE)
  }
}

/** Each piece of a text with whether it is the last: an empty one ends it. */
async function* withLast(texts: AsyncIterable<string>): AsyncGenerator<readonly [string, boolean]> {
  for await (const text of texts) yield [text, false]
  yield ['', true]
}
