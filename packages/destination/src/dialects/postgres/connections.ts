import type { QueryLimits, QueryResult } from '@tidemark/core/engine'
import type { RawBuilder } from 'kysely'
import { Turns } from '../../turns.ts'
import type { Connections, Dialect, Session, TransactionOptions } from '../dialect.ts'
import type { EarlyInsert, EarlyInsertTerms } from '../early-insert.ts'
import { PostgresEarlyInsert } from './early-insert.ts'
import { limitedQuery } from './limited-query.ts'
import { explainingLock, explainingReadLock, unlocked } from './locks.ts'
import { PostgresSession, type Shared } from './session.ts'
import { CONNECTIONS, type Reserved, type Sessions } from './sessions.ts'
import { terminateStaleHolders } from './terminate-stale-holders.ts'
import { LookingBack } from './unchanged.ts'

/** The connections to one schema of Postgres. */
export class PostgresConnections implements Connections {
  readonly #sessions: Sessions
  readonly #shared: Shared
  /** Writers leave connections for the heartbeat and for readers. */
  readonly #writers = new Turns(CONNECTIONS - 4)

  constructor(sessions: Sessions, dialect: Dialect) {
    this.#sessions = sessions
    this.#shared = {
      dialect,
      schema: sessions.schema,
      merging: new WeakMap(),
      lookingBack: new LookingBack(),
      fedSteps: new Map(),
    }
  }

  async transaction<T>(
    { mode, table, landed, continues, takesLeases = false }: TransactionOptions,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const sessions = this.#sessions
    const early = continues as PostgresEarlyInsert | undefined
    const within =
      <R>(some: (session: Session) => Promise<R>) =>
      async (reserved: Reserved) => {
        const own = reserved === early?.reserved ? early : undefined
        const result = await some(new PostgresSession(reserved, this.#shared, own))
        own?.check()
        return result
      }
    const options = { mode, landed: landed && within(landed), begun: early?.reserved }
    if (takesLeases)
      return await sessions.transaction(options, (reserved) =>
        terminateStaleHolders(sessions, reserved, () => within(work)(reserved)),
      )
    if (table === undefined) return await sessions.transaction(options, within(work))
    const place = { schema: this.#shared.schema, name: table }
    if (mode === 'read' || landed === undefined)
      return await sessions.transaction(options, within(work)).catch(explainingReadLock(sessions, place))
    return await this.#writers
      .take(() => sessions.transaction(options, within(work)))
      .catch(explainingLock(sessions, place))
  }

  async beginEarlyInsert(terms: EarlyInsertTerms): Promise<EarlyInsert> {
    return new PostgresEarlyInsert(this.#sessions, await this.#sessions.begin('write'), terms)
  }

  reading<T>(table: string, work: (session: Session) => AsyncIterable<T>): AsyncGenerator<T> {
    const rows = this.#sessions.reading((reserved) => work(new PostgresSession(reserved, this.#shared)))
    return unlocked(this.#sessions, { schema: this.#shared.schema, name: table }, rows)
  }

  ask<T>(statement: RawBuilder<T>): Promise<readonly T[]> {
    return this.#sessions.ask(statement)
  }

  query(statement: string, limits?: QueryLimits): Promise<QueryResult> {
    return limitedQuery(this.#sessions, statement, limits)
  }

  close(): Promise<void> {
    return this.#sessions.close()
  }
}
