import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import { SyncError } from '@tidemark/core'
import { driver } from './driver.ts'
import { InvalidFileError } from './invalid-file-error.ts'

export interface DuckDbLimits {
  readonly memoryLimit: string
  readonly threads: number
}

/** A DuckDB in memory that reads local files and nothing else: no extension is fetched, no zone but UTC is known. */
export async function openDuckDb(limits: DuckDbLimits): Promise<DuckDBInstance> {
  const instance = await driver().DuckDBInstance.create(':memory:', {
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
    await connection.run("SET GLOBAL allowed_configs = ['streaming_buffer_size']")
    await connection.run('SET lock_configuration = true')
  } finally {
    connection.closeSync()
  }
  return instance
}

/** What ends a DuckDB for all that use it: an error of its own. The first is of the file at hand, the others of none. */
const FATAL = /^(?:INTERNAL|FATAL) Error/
const OF_ANOTHER = /database has been invalidated because of a previous fatal error/

/** The file at hand ended DuckDB. */
export class DuckDbFailed extends InvalidFileError {}

/** DuckDB failed at another file; what was read with it at the time is to be read again. */
export class DuckDbLost extends SyncError {
  constructor(cause: unknown) {
    super('DuckDB failed on another Parquet file while this one was read; Tidemark reads it again', 'retry', { cause })
  }
}

/** How often work that gave nothing yet is begun again. */
const ATTEMPTS = 5

interface Opened {
  readonly instance: Promise<DuckDBInstance>
  users: number
}

/** One DuckDB that is opened when first needed, and again after an error that ends it. */
export class DuckDb {
  readonly #limits: DuckDbLimits
  #opened: Opened | undefined

  constructor(limits: DuckDbLimits) {
    this.#limits = limits
  }

  /**
   * Works on a connection that ends, with what runs on it, when the signal aborts or the work is done. Where DuckDB ends
   * before the work gave anything, it begins again; only work at which it ends twice fails for that.
   *
   * @throws DuckDbFailed where the work ends DuckDB. DuckDbLost where other work did.
   */
  async *use<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => AsyncGenerator<T>): AsyncGenerator<T> {
    for (let attempt = 1; ; attempt++) {
      let hasGiven = false
      try {
        for await (const one of this.#useOnce(signal, work)) {
          hasGiven = true
          yield one
        }
        return
      } catch (error) {
        const isOver =
          error instanceof DuckDbFailed ? attempt > 1 : attempt === ATTEMPTS || !(error instanceof DuckDbLost)
        if (hasGiven || isOver) throw error
      }
    }
  }

  async *#useOnce<T>(
    signal: AbortSignal,
    work: (connection: DuckDBConnection) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    signal.throwIfAborted()
    this.#opened ??= { instance: openDuckDb(this.#limits), users: 0 }
    const opened = this.#opened
    opened.users++
    try {
      yield* onConnection(await opened.instance, signal, work)
    } catch (error) {
      const { message = '' } = error as Error
      if (!FATAL.test(message) || signal.aborted) throw error
      if (this.#opened === opened) this.#opened = undefined
      if (OF_ANOTHER.test(message)) throw new DuckDbLost(error)
      const problem = `makes DuckDB fail (${inShort(message)}): it is damaged, or DuckDB does not support it; write it again with other settings`
      throw new DuckDbFailed(problem, { cause: error })
    } finally {
      opened.users--
      // Whoever is last closes what nobody will use again.
      if (this.#opened !== opened && opened.users === 0) await closed(opened)
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (opened !== undefined && opened.users === 0) await closed(opened)
  }
}

async function closed({ instance }: Opened): Promise<void> {
  const open = await instance.catch(() => undefined)
  open?.closeSync()
}

/** What DuckDB says, without the addresses of its code and the advice to its developers. */
function inShort(message: string): string {
  const [first = ''] = message.replace(FATAL, '').replace(/^:\s*/, '').split('\n')
  return first.slice(0, 200)
}

async function* onConnection<T>(
  instance: DuckDBInstance,
  signal: AbortSignal,
  work: (connection: DuckDBConnection) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const connection = await instance.connect()
  const interrupt = (): void => connection.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    // Chunks wait in it by a size that leaves out their texts: fifteen of texts of 20 KB are 600 MB. In a small one waits one.
    await connection.run("SET streaming_buffer_size = '1KB'")
    yield* work(connection)
  } finally {
    signal.removeEventListener('abort', interrupt)
    connection.interrupt()
    connection.closeSync()
  }
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

/**
 * The chunks of a query, up to 2,048 rows each, fetched as they are asked for. One is empty when the next is asked for: what
 * it held is given back at once, because the collector does not see how large that is.
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
    throw new InvalidFileError(
      `cannot be read: DuckDB gave ${given[wrong]} for column ${wrong + 1} instead of ${types[wrong]}`,
    )
  for (;;) {
    signal.throwIfAborted()
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    try {
      yield chunk
    } finally {
      chunk.reset()
    }
  }
}
