import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import { Broken } from './broken.ts'

/** A DuckDB in memory that reads local files and nothing else: no extension is fetched, no zone but UTC is known. */
export async function openDuckDb(limits: {
  readonly memoryLimit: string
  readonly threads: number
}): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: limits.memoryLimit,
    threads: String(limits.threads),
    // Files are only scanned, which needs no room on disk.
    temp_directory: '',
  })
  const connection = await instance.connect()
  try {
    await connection.run("SET GLOBAL TimeZone = 'UTC'")
    await connection.run('SET lock_configuration = true')
  } finally {
    connection.closeSync()
  }
  return instance
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A path as an SQL literal that means this one file: DuckDB takes brackets, stars and question marks for a pattern. */
export function fileLiteral(path: string): string {
  return literal(path.replace(/[[*?]/g, '[$&]'))
}

/** Opens a connection that ends, with what runs on it, when the signal aborts or the work is done. */
export async function* withConnection<T>(
  instance: DuckDBInstance,
  signal: AbortSignal,
  work: (connection: DuckDBConnection) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  signal.throwIfAborted()
  const connection = await instance.connect()
  const interrupt = (): void => connection.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    yield* work(connection)
  } finally {
    signal.removeEventListener('abort', interrupt)
    connection.interrupt()
    connection.closeSync()
  }
}

/**
 * The chunks of a query, up to 2,048 rows each, fetched as they are asked for.
 *
 * @param types what the columns must be: their values are read from memory as these.
 */
export async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  types: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql)
  const given = result.columnTypes().map(String)
  const wrong = types.findIndex((type, at) => given[at] !== type)
  if (wrong >= 0 || given.length !== types.length)
    throw new Broken(`cannot be read: DuckDB gave ${given[wrong]} for column ${wrong + 1} instead of ${types[wrong]}`)
  for (;;) {
    signal.throwIfAborted()
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    yield chunk
  }
}
