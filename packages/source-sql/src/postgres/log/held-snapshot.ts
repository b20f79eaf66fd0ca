import type pg from 'pg'
import { ask, endPostgres } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { parseWalPosition, type WalPosition } from './wal-position.ts'

/**
 * A snapshot of exactly what was committed before a position of the log, for a table without a key: of its rows nobody could say later
 * whether the log has told them. It is held open until the table is read.
 */
export class HeldSnapshot {
  readonly name: string
  /** It holds what was committed before. */
  readonly at: WalPosition
  /** Relations that are still to be read from it. */
  readonly unread: Set<number>
  /** All that it holds of the table is gone. */
  isTruncated = false
  readonly #client: pg.Client

  private constructor(client: pg.Client, { name, at, unread }: Pick<HeldSnapshot, 'name' | 'at' | 'unread'>) {
    this.#client = client
    this.name = name
    this.at = at
    this.unread = unread
  }

  /** Waits until all transactions that are open are over. @param slot a name for a slot that goes with the connection. */
  static async take(
    sessions: Sessions,
    {
      slot,
      relations,
      signal,
    }: { readonly slot: string; readonly relations: readonly number[]; readonly signal: AbortSignal },
  ): Promise<HeldSnapshot> {
    const client = await sessions.replicating(signal)
    const stop = (): void => void endPostgres(client)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const [row] = await ask(client, `CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT`)
      const [, at, name] = row!
      return new HeldSnapshot(client, { name: name!, at: parseWalPosition(at!), unread: new Set(relations) })
    } catch (error) {
      await endPostgres(client)
      throw sessions.failure(error)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** A relation is read. */
  async done(relation: number): Promise<void> {
    this.unread.delete(relation)
    if (this.unread.size === 0) await this.end()
  }

  async end(): Promise<void> {
    this.unread.clear()
    await endPostgres(this.#client)
  }
}
