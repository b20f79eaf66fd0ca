import type { DuckDBConnection } from '@duckdb/node-api'
import { isOutOfMemory } from './errors.ts'

const MB = 1024 * 1024
/** So much DuckDB holds of rows that are written; the rest waits in its temporary file, beside the database. */
const HELD_MB = 384

/**
 * How much of a file that is written DuckDB holds in memory. By itself it takes 80 % of the machine's for rows that wait for
 * their commit, and as much again for each copy that a statement makes.
 */
export class Memory {
  #heldMb = HELD_MB
  #mostMb: number | undefined
  /** Absent: not set yet. */
  #set: number | undefined
  /** How many need whatever it takes. */
  #free = 0

  /** Before statements that can be done once more with more memory. */
  async hold(connection: DuckDBConnection): Promise<void> {
    if (this.#free > 0) return
    const most = await this.#most(connection)
    await this.#put(connection, Math.min(this.#heldMb, most))
  }

  /**
   * For what cannot be done once more, or must not run out of memory: DuckDB ends a database whose checkpoint fails. It reads
   * 2048 rows at a stretch and holds all of their values.
   */
  async free(connection: DuckDBConnection): Promise<void> {
    this.#free++
    await this.#put(connection, await this.#most(connection))
  }

  async unfree(connection: DuckDBConnection): Promise<void> {
    this.#free--
    await this.hold(connection)
  }

  /** After a statement that had too little. @returns false where there is no more. */
  raise(): boolean {
    if (this.#mostMb === undefined || this.#heldMb >= this.#mostMb) return false
    this.#heldMb *= 2
    return true
  }

  async #most(connection: DuckDBConnection): Promise<number> {
    if (this.#mostMb !== undefined) return this.#mostMb
    const result = await connection.run("select current_setting('memory_limit')")
    const [row] = await result.getRows()
    this.#mostMb = megabytes(String(row?.[0]))
    return this.#mostMb
  }

  async #put(connection: DuckDBConnection, mb: number): Promise<void> {
    if (this.#set === mb) return
    try {
      await connection.run(`set memory_limit = '${mb}MiB'`)
      this.#set = mb
    } catch (error) {
      // What is in use now cannot be put away: the next transaction tries again.
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
