import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { bytesIn, type FilesConfig, type FileTable } from './config.ts'
import { DuckDb } from './duckdb.ts'
import { listFiles, type TableFile } from './listing.ts'

/** What the tables of one run share: the config, each table's files, and a DuckDB that is opened when first needed. */
export class Files {
  readonly tables: readonly FileTable[]
  readonly duckDb: DuckDb
  /** Files that were looked at to their end, so that nothing in them is unknown, with their stamps. */
  readonly wholly = new Map<string, string>()
  readonly #config: FilesConfig
  readonly #done = new Map<string, Promise<unknown>>()
  #folder: Promise<string> | undefined
  #temporaries = 0

  constructor(config: FilesConfig) {
    this.#config = config
    this.duckDb = new DuckDb(config)
    this.tables = Object.entries(config.tables).map(([name, table]) => ({ ...table, name }))
  }

  /** How much text of new and changed files is looked at as a whole, in bytes. */
  get scanLimit(): number {
    return bytesIn(this.#config.scanLimit)
  }

  /** How many bytes DuckDB may hold. */
  get memoryLimit(): number {
    return bytesIn(this.#config.memoryLimit)
  }

  /** What work gives, done once a run; one that fails is done again. */
  async once<T>(what: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#done.get(what) as Promise<T> | undefined) ?? work()
    this.#done.set(what, done)
    try {
      return await done
    } catch (error) {
      this.#done.delete(what)
      throw error
    }
  }

  /** The files of a table, listed once a run. */
  files(table: FileTable): Promise<readonly TableFile[]> {
    return this.once(`files of ${table.name}`, () => listFiles(table.path))
  }

  /** A file of our own that nobody else may read, filled by `write`: for a format that is not read from front to back. */
  async temporary(write: (to: Writable) => Promise<void>): Promise<AsyncDisposable & { readonly path: string }> {
    this.#folder ??= mkdtemp(path.join(tmpdir(), 'tidemark-files-'))
    const copy = path.join(await this.#folder, String(this.#temporaries++))
    const remove = (): Promise<void> => rm(copy, { force: true })
    try {
      await write(createWriteStream(copy, { mode: 0o600 }))
    } catch (error) {
      await remove()
      throw error
    }
    return { path: copy, [Symbol.asyncDispose]: remove }
  }

  async close(): Promise<void> {
    await this.duckDb.close()
    const folder = await this.#folder
    this.#folder = undefined
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}
