import type { DuckDBConnection } from '@duckdb/node-api'
import { isOutOfMemory } from './errors.ts'

const MB = 1024 * 1024
/** What DuckDB keeps of written rows in memory; the rest waits in its temporary file, beside the database. */
const LIMIT_MB = 384

/**
 * The memory that DuckDB may use while it writes a file. Without a limit it takes up to 80 % of the machine's for rows that wait
 * for their commit, and as much again for each copy that a statement makes.
 */
export class Memory {
  #limitMb = LIMIT_MB
  /** DuckDB's own limit. */
  #ownMb: number | undefined
  /** What is in force; undefined: not set yet. */
  #setMb: number | undefined
  /** How many have lifted the limit. */
  #lifted = 0

  /** Before statements that can be repeated with more memory. */
  async limit(connection: DuckDBConnection): Promise<void> {
    if (this.#lifted > 0) return
    await this.#set(connection, Math.min(this.#limitMb, await this.#own(connection)))
  }

  /**
   * Before what cannot be repeated, or must not run out of memory: DuckDB ends a database whose checkpoint fails, and reads 2048
   * rows at a time with all of their values.
   */
  async lift(connection: DuckDBConnection): Promise<void> {
    this.#lifted++
    await this.#set(connection, await this.#own(connection))
  }

  /** After it. */
  async restore(connection: DuckDBConnection): Promise<void> {
    this.#lifted--
    await this.limit(connection)
  }

  /** After a statement that ran out of memory. @returns false if there is no more to give. */
  raise(): boolean {
    if (this.#ownMb === undefined || this.#limitMb >= this.#ownMb) return false
    this.#limitMb *= 2
    return true
  }

  async #own(connection: DuckDBConnection): Promise<number> {
    if (this.#ownMb !== undefined) return this.#ownMb
    const result = await connection.run("select current_setting('memory_limit')")
    const [row] = await result.getRows()
    this.#ownMb = megabytes(String(row?.[0]))
    return this.#ownMb
  }

  async #set(connection: DuckDBConnection, mb: number): Promise<void> {
    if (this.#setMb === mb) return
    try {
      await connection.run(`set memory_limit = '${mb}MiB'`)
      this.#setMb = mb
    } catch (error) {
      // Memory that is in use cannot be taken away: the next transaction tries again.
      if (!isOutOfMemory(error)) throw error
    }
  }
}

const UNITS: Readonly<Record<string, number>> = { K: 1024, M: MB, G: 1024 * MB, T: MB * MB }

/** As DuckDB writes a size: `18.8 GiB`. */
function megabytes(text: string): number {
  const [, number, unit] = /^([\d.]+) ([KMGT])iB$/.exec(text) ?? []
  return number === undefined ? Number.POSITIVE_INFINITY : Math.floor((Number(number) * UNITS[unit!]!) / MB)
}
