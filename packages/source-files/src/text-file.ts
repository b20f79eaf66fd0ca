import { type Meter, passingBytesOf } from './bytes.ts'
import type { FileTable, Format } from './config.ts'
import { textOf } from './content.ts'
import { type CsvPage, CsvReader } from './csv-reader.ts'
import { type JsonBlock, JsonLinesReader } from './json-reader.ts'
import { type JsonObject, jsonDocument, jsonLines } from './json-records.ts'
import type { JsonReader } from './json-value.ts'

// Why texts are not read by DuckDB: docs/decisions/0006-duckdb-for-parquet-only.md

// Long enough to be worth its overhead, short enough that a part's limit is met closely.
const PAGE = 2000

/** The rows of a CSV or TSV file, page by page. The first page comes also where there is a header and nothing else. */
export async function* csvPages(
  path: string,
  table: FileTable,
  format: Format,
  signal: AbortSignal,
  meter?: Meter,
): AsyncGenerator<CsvPage> {
  const reader = new CsvReader(table, format)
  for await (const bytes of passingBytesOf(path, signal, meter)) yield* reader.feed(bytes)
  yield* reader.end()
}

/** The objects of a file that has one a line, block by block. */
export async function* jsonBlocks(
  path: string,
  table: FileTable,
  reader: JsonReader,
  signal: AbortSignal,
  meter?: Meter,
): AsyncGenerator<JsonBlock> {
  const lines = new JsonLinesReader(table.encoding, reader)
  for await (const bytes of passingBytesOf(path, signal, meter)) yield* lines.feed(bytes)
  yield* lines.end()
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
