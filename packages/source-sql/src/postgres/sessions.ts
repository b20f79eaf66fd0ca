import { SyncError } from '@tidemark/core'
import { abortable } from '@tidemark/core/values'
import type pg from 'pg'
import { ConnectionPool } from '../connection-pool.ts'
import type { Asked, Reads, Row } from '../database.ts'
import { blameIn, type ErrorTranslator, sqlFailure } from '../failure.ts'
import { maskOf, type ServerTarget } from '../target.ts'
import { cancel } from './cancel.ts'
import { DataRowParser } from './data-row-parser.ts'
import { tellPostgres } from './failure.ts'
import { type LogHead, logHead } from './log/slot.ts'
import { readPages } from './read.ts'
import { isRewritten, RewrittenError, TRIES } from './rewritten.ts'
import { ask, beginning, causeOf, connectPostgres, endPostgres, type SessionOptions, type TextRow } from './session.ts'

export interface DatabaseOptions extends SessionOptions {
  readonly schemas: readonly string[] | undefined
  readonly connections: number
}

export interface Session {
  readonly client: pg.Client
  readonly tap: DataRowParser
}

const QUESTIONS = 2

/** The connections to a database: some for questions, some that read rows, and others as they are needed. */
export class Sessions {
  readonly readers: ConnectionPool<Session>
  readonly blame: ErrorTranslator
  readonly #questions: ConnectionPool<Session>
  readonly #target: ServerTarget
  readonly #options: DatabaseOptions

  constructor(target: ServerTarget, options: DatabaseOptions) {
    this.#target = target
    this.#options = options
    this.blame = { label: target.label, mask: maskOf(target), tell: tellPostgres }
    this.#questions = poolOf(target, QUESTIONS)
    this.readers = poolOf(target, options.connections)
  }

  get label(): string {
    return this.#target.label
  }

  /** Given up in the middle, it tells the server, which would go on sorting for nobody. */
  letGo(session: Session, done: boolean): void {
    if (done) {
      this.readers.release(session)
      return
    }
    cancel(session.client)
    this.readers.destroy(session)
  }

  /** Asks one question in a transaction of its own, once more where a table was rewritten meanwhile. */
  async ask(
    sql: string,
    values: readonly unknown[] = [],
    signal?: AbortSignal,
    limits: Readonly<Record<string, number>> = {},
  ): Promise<TextRow[]> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const rows = await this.inTransaction(signal, async (client) => {
        for (const [name, ms] of Object.entries(limits)) await client.query(`SET LOCAL ${name} = '${ms}ms'`)
        const found = await ask(client, sql, values)
        return (await isRewritten(client)) ? undefined : found
      })
      if (rows !== undefined) return rows
    }
    throw new RewrittenError(this.label)
  }

  /** Asks questions in one transaction. */
  async inTransaction<T>(signal: AbortSignal | undefined, work: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      return await this.#questions.use(signal, async ({ client }) => {
        const all = async (): Promise<T> => {
          await client.query(beginning(this.#options))
          const result = await work(client)
          await client.query('COMMIT')
          return result
        }
        return signal === undefined ? all() : abortable(all(), signal)
      })
    } catch (error) {
      throw this.failure(error)
    }
  }

  /**
   * Reads in a transaction that a check lets through, for who has to know what its snapshot sees.
   *
   * @returns where the log was after the read; undefined: the check did not let it through, and nothing was read.
   */
  async *readingIn(
    reads: Reads,
    asked: Asked & { readonly snapshot?: string | undefined },
    check: (client: pg.Client) => Promise<boolean>,
  ): AsyncGenerator<readonly Row[], LogHead | undefined> {
    const timeoutMs = this.#options.statementTimeoutMs
    let session: Session | undefined
    let done = false
    try {
      session = await this.readers.acquire(asked.signal)
      const { client } = session
      for (let tries = 1; ; tries++) {
        await abortable(client.query(beginning(this.#options, asked.snapshot)), asked.signal)
        const isReady = await abortable(check(client), asked.signal)
        const pages = readPages(session, { ...reads, binary: undefined }, { ...asked, timeoutMs })
        if (isReady && (yield* pages as AsyncGenerator<readonly Row[], 'done' | 'again'>) === 'done') break
        await abortable(client.query('ROLLBACK'), asked.signal)
        done = !isReady
        if (!isReady) return undefined
        if (tries === TRIES) throw new RewrittenError(this.label)
      }
      await abortable(client.query('COMMIT'), asked.signal)
      const head = await abortable(logHead(client), asked.signal)
      done = true
      return head
    } catch (error) {
      throw sqlFailure(causeOf(session?.client, error), blameIn(this.blame, reads.table))
    } finally {
      if (session !== undefined) this.letGo(session, done)
    }
  }

  /** Lets work change something at the server, on a connection of its own. */
  async administering<T>(signal: AbortSignal, work: (client: pg.Client) => Promise<T>): Promise<T> {
    let client: pg.Client | undefined
    try {
      client = await connectPostgres(this.#target, () => {}, signal)
      return await abortable(work(client), signal)
    } catch (error) {
      if (client !== undefined) cancel(client)
      throw lacksRights(this.label, error) ?? this.failure(causeOf(client, error))
    } finally {
      if (client !== undefined) await endPostgres(client)
    }
  }

  /** A connection that streams a log. Whoever has it ends it. */
  async replicating(signal: AbortSignal = new AbortController().signal): Promise<pg.Client> {
    try {
      return await connectPostgres({ ...this.#target, replication: 'database' }, () => {}, signal)
    } catch (error) {
      throw this.failure(error)
    }
  }

  /** What a driver threw, as an error that says what to do. */
  failure(error: unknown): unknown {
    return sqlFailure(error, this.blame)
  }

  async close(): Promise<void> {
    await Promise.all([this.#questions.close(), this.readers.close()])
  }
}

/** What is needed beside reading: only the owner of a table may publish it. */
function lacksRights(label: string, error: unknown): SyncError | undefined {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  if (code !== '42501') return undefined
  return new SyncError(
    `${label}: ${message}; a user that reads the log needs ALTER ROLE … REPLICATION, GRANT CREATE ON DATABASE …, and to own the tables (or to be a member of the role that does)`,
    'fix-config',
    { code: 'log-rights' },
  )
}

function poolOf(target: ServerTarget, limit: number): ConnectionPool<Session> {
  const opened = new Map<pg.Client, Session>()
  const lent: ConnectionPool<Session> = new ConnectionPool(
    limit,
    async (signal) => {
      const forget = (broken: pg.Client): void => {
        const session = opened.get(broken)
        if (session !== undefined) lent.forget(session)
      }
      const client = await connectPostgres(target, forget, signal)
      const session = { client, tap: new DataRowParser(client) }
      opened.set(client, session)
      return session
    },
    ({ client }) => {
      opened.delete(client)
      return endPostgres(client)
    },
  )
  return lent
}
