import { type FeedBacklog, type FeedFinding, feedLost, type SyncError } from '@tidemark/core'
import type pg from 'pg'
import type { Asked } from '../../database.ts'
import { endPostgres, LOG_SETTINGS } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { checkGiven, takeGiven } from './given-publication.ts'
import { LogCatalog } from './log-catalog.ts'
import { LogChunks } from './log-chunks.ts'
import { LogConnection, type LogPiece } from './log-connection.ts'
import { logFindings } from './log-findings.ts'
import type { LogItem } from './log-item.ts'
import { serverLoss, slotLoss } from './log-loss.ts'
import { type LogOffset, placeIn } from './log-offset.ts'
import { LogReader } from './log-reader.ts'
import { logWorld } from './log-world.ts'
import type { GivenNames } from './memberships.ts'
import { OpenStream } from './open-stream.ts'
import {
  createPublications,
  dropPublications,
  type LogNames,
  namesOf,
  publish,
  publishedIn,
  publishedOthers,
  publishedWithoutIdentity,
  unpublish,
} from './publication.ts'
import { removeOwn } from './remove-own.ts'
import { knownIn } from './shape.ts'
import { ShapeLosses } from './shape-losses.ts'
import { checkServer, createSlot, dropSlot, heldSlot, logHead, openTransactions, slotState } from './slot.ts'
import { cleanupOf, holderOf, slotBacklog } from './slot-backlog.ts'
import { formatWalPosition, parseWalPosition } from './wal-position.ts'

/** What a server says that cannot decode its own log. */
const INTERNAL_ERROR = 'XX000'
/** How long a stream stays open that nobody reads. */
const IDLE_MS = 3000

type Ending = Asked & { readonly id: string; readonly offset: LogOffset; readonly lostFor?: string | undefined }

export interface LogOptions {
  /** Bytes of its log that the server may keep for the slot; undefined: as many as the server lets it. */
  readonly maxHeld?: number | undefined
  /** What somebody else made for it; undefined: it makes its own. */
  readonly given?: GivenNames | undefined
  /** A standby, at which what the tables hold is read. */
  readonly standby?: Sessions | undefined
}

/** The log of a Postgres database: a slot, its publications, and what was there before, read in chunks. */
export class PostgresLog {
  readonly #sessions: Sessions
  readonly catalog: LogCatalog
  readonly chunks: LogChunks
  readonly #losses: ShapeLosses
  /** Where the server could not decode its log, what it said, and how often. */
  #failed: { readonly offset: string; readonly said: string; readonly times: number } | undefined
  #stream: OpenStream | undefined
  #idle: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  readonly #options: LogOptions
  /** The server was seen to keep more for the slot than it may. */
  #isPastMaxHeld = false

  constructor(sessions: Sessions, options: LogOptions = {}) {
    this.#sessions = sessions
    this.#options = options
    this.catalog = new LogCatalog(sessions, options.given)
    this.#losses = new ShapeLosses(this.catalog)
    this.chunks = new LogChunks(sessions, this.catalog, {
      given: options.given,
      standby: options.standby,
      closeStream: () => this.#closeStream(),
    })
  }

  #names(id: string): LogNames {
    return namesOf(id, this.#options.given)
  }

  /** Publishes tables and makes a slot, and another one where an earlier call has made one. */
  async begin({ id, tables, signal, log }: Asked & { id: string; tables: readonly string[] }): Promise<LogOffset> {
    const names = this.#names(id)
    this.chunks.id = id
    const { label } = this.#sessions
    return await this.#sessions.administering(signal, async (client) => {
      await checkServer(client, label)
      const { given } = this.#options
      if (given !== undefined) await takeGiven(client, given, label)
      else {
        await createPublications(client, names)
        // Before the slot: what is decoded later looks for the publications as they were then.
        for (const name of tables) await publish(client, names, this.catalog.table(name))
        // One that a begin left before its offset was committed would tell of columns that are others by now.
        await dropSlot(client, names.slot, label)
        await this.#sessions.administering(signal, (watch) => createSlot(client, names.slot, { log, watch, signal }))
      }
      const { confirmed } = (await slotState(client, names.slot))!
      const { system, timeline } = await logHead(client)
      return {
        ...{ id, lsn: formatWalPosition(confirmed), system, timeline },
        // A commit that is in the log before that position may not be seen yet.
        recent: await openTransactions(client),
        ...{ shapes: this.catalog.shapes, lost: {}, isChanging: false, outdated: {} },
      }
    })
  }

  /** Why the log does not continue from an offset; or why tables are read again, by name. */
  async lost({ offset, signal }: Asked & { offset: LogOffset }): Promise<string | Record<string, string>> {
    this.chunks.id = offset.id
    const names = this.#names(offset.id)
    const { lost } = this.chunks
    this.#losses.forget()
    return await this.#sessions.inTransaction(signal, async (client) => {
      await checkServer(client, this.#sessions.label)
      await checkGiven(client, this.#options.given, this.#sessions.label)
      const whole = await this.#lostWhole(client, names, offset)
      if (whole !== undefined) return whole
      const published = names.isGiven ? undefined : await publishedIn(client, names)
      if (published === undefined && !names.isGiven) return 'its publication was dropped'
      const missing = [...this.catalog.tables].filter(
        ({ found }) => published?.has(String(found.details['oid'])) === false,
      )
      const left = Object.fromEntries(missing.map(({ name }) => [name, 'it was not in the publication']))
      const changed = await this.#losses.at(client, offset)
      return { ...offset.lost, ...lost, ...changed, ...left }
    })
  }

  /** Publishes no more than the tables that are read; where none is, none of which the database would refuse the updates of its application. */
  async prepare({ id, tables, signal }: Asked & { id: string; tables: readonly string[] }): Promise<void> {
    const names = this.#names(id)
    if (names.isGiven) return await removeOwn(this.#sessions, id, signal)
    const isWanted = new Set([...this.catalog.tables].map(({ found }) => found.details['oid']))
    const others = await this.#sessions.inTransaction(signal, (client) =>
      tables.length === 0 ? publishedWithoutIdentity(client, names) : publishedOthers(client, names, isWanted),
    )
    if (others.length === 0) return
    await this.#sessions.administering(signal, (client) => unpublish(client, others))
  }

  async #lostWhole(client: pg.Client, names: LogNames, offset: LogOffset): Promise<string | undefined> {
    this.#isPastMaxHeld = false
    const lost = await slotLoss(client, names, { offset, maxHeld: this.#options.maxHeld })
    if (lost !== undefined) return lost
    if (this.#failed?.offset === offset.lsn && this.#failed.times > 1)
      return `the server cannot decode the log that its replication slot "${names.slot}" needs: ${this.#failed.said}`
    const head = await logHead(client)
    this.catalog.madeBefore ??= parseWalPosition(head.lsn)
    return await serverLoss(this.#sessions, offset, head)
  }

  async head({ signal }: Asked): Promise<LogOffset> {
    const place = await this.#sessions.inTransaction(signal, async (client) => placeIn(await logHead(client)))
    return { ...place, outdated: this.#losses.outdated }
  }

  /** Streams from an offset on, until the signal. The stream stays open for whoever reads on from there. */
  async *read(asked: Asked & { readonly offset: LogOffset }): AsyncGenerator<LogItem> {
    const stream = await this.#streamFrom(asked)
    clearTimeout(this.#idle)
    try {
      // A run that did not look for tables itself knows them as an earlier one found them.
      for (const table of this.catalog.reshaped) yield { kind: 'reshaped', table }
      yield* stream.read(asked.signal)
    } catch (error) {
      if (!asked.signal.aborted) await this.#closeStream()
      throw error
    } finally {
      // Another runner may want the slot.
      this.#idle = setTimeout(() => void this.#closeStream().catch(() => {}), IDLE_MS).unref()
    }
  }

  async #streamFrom(asked: Asked & { readonly offset: LogOffset }): Promise<OpenStream> {
    const readFor = JSON.stringify(Object.entries(this.catalog.shapes).map(([name, text]) => [name, knownIn(text)]))
    if (this.#stream?.continues(asked.offset, readFor) === true) return this.#stream
    // It lets go of the slot first.
    await this.#closeStream()
    this.#stream = await this.#opened(asked, readFor)
    return this.#stream
  }

  async #closeStream(): Promise<void> {
    clearTimeout(this.#idle)
    const stream = this.#stream
    this.#stream = undefined
    if (stream !== undefined) this.#closing = stream.close()
    await this.#closing
  }

  async #opened({ offset, signal, log }: Asked & { readonly offset: LogOffset }, readFor: string): Promise<OpenStream> {
    const { slot, changes, additions } = this.#names(offset.id)
    const from = parseWalPosition(offset.lsn)
    const beginning = await this.#sessions.inTransaction(signal, (one) => this.#losses.after(one, offset))
    const client = await this.#sessions.replicating(signal)
    await client.query(LOG_SETTINGS)
    const connection = new LogConnection(client, { slot, from, publications: [changes, additions] })
    // It outlives the read that opens it.
    const over = new AbortController()
    const asked = { log, signal: over.signal }
    let isChecked = false
    const next = async (): Promise<readonly LogPiece[]> => {
      try {
        if (this.#isPastMaxHeld) throw feedLost(`the server keeps more for the replication slot "${slot}" than it may`)
        const pieces = await connection.next()
        // Now nobody else can have it: what was confirmed by another before is not sent to us.
        const state = isChecked
          ? undefined
          : await this.#sessions.inTransaction(asked.signal, (one) => slotState(one, slot))
        isChecked = true
        if (state !== undefined && state.confirmed > from) throw feedLost(`the replication slot "${slot}" was advanced`)
        return pieces
      } catch (error) {
        if ((error as { code?: unknown }).code === INTERNAL_ERROR) throw this.#undecodable(offset, error)
        if ((error as { code?: unknown }).code === '55006') throw heldSlot(this.#sessions.label, slot, undefined)
        throw this.#sessions.failure(error)
      }
    }
    const world = logWorld({ ...asked, sessions: this.#sessions, catalog: this.catalog, chunks: this.chunks })
    return new OpenStream({
      connection,
      items: new LogReader(world, offset, beginning).read({ next }),
      offset,
      readFor,
      end: async () => {
        over.abort(new DOMException('the stream is closed', 'AbortError'))
        await endPostgres(client)
      },
    })
  }

  /** A server that fails twice to decode its log from an offset on would fail each time: a new slot begins after that. */
  #undecodable(offset: LogOffset, error: unknown): SyncError {
    const times = this.#failed?.offset === offset.lsn ? this.#failed.times + 1 : 1
    this.#failed = { offset: offset.lsn, said: (error as Error).message, times }
    return feedLost(`${this.#sessions.label}: the server cannot decode its log: ${this.#failed.said}`)
  }

  /** The server need keep nothing before an offset. */
  acknowledge(offset: LogOffset): void {
    this.#stream?.connection.acknowledge(parseWalPosition(offset.lsn))
  }

  /** Removes what `begin` made, unless another destination reads it by now: one of which this is a copy, or that is a copy of this. */
  async end({ id, offset, lostFor, signal, log }: Ending): Promise<{ readonly removed: string | null }> {
    const names = this.#names(id)
    const { label } = this.#sessions
    await this.#closeStream()
    if (names.isGiven) {
      await removeOwn(this.#sessions, id, signal)
      return { removed: null }
    }
    return await this.#sessions.administering(signal, async (client) => {
      const state = await slotState(client, names.slot)
      const isRead = lostFor !== undefined && state?.activePid != null
      const isAdvanced = state !== undefined && state.confirmed > parseWalPosition(offset.lsn)
      if ((isRead || isAdvanced) && state.walStatus !== 'lost') {
        log.warn(
          `${label}: the replication slot "${names.slot}" stays, because a copy of this destination may be reading it; without a copy, run: ${cleanupOf(names).join(' ')}`,
        )
        return { removed: null }
      }
      await dropSlot(client, names.slot, label)
      await dropPublications(client, names)
      return { removed: holderOf(names) }
    })
  }

  /** What is missing for the log to be read. */
  async check({ id, signal }: Asked & { id?: string | undefined }): Promise<readonly FeedFinding[]> {
    const { given } = this.#options
    const names = id === undefined && given === undefined ? undefined : this.#names(id ?? '')
    return await this.#sessions.inTransaction(signal, (client) =>
      logFindings(client, [...this.catalog.tables], names, given),
    )
  }

  /** What the server keeps for the slot. */
  async backlog({ id, offset, signal }: Asked & { id: string; offset: LogOffset }): Promise<FeedBacklog | undefined> {
    const names = this.#names(id)
    const { maxHeld } = this.#options
    const { lsn } = offset
    const backlog = await this.#sessions.inTransaction(signal, (client) => slotBacklog(client, names, { lsn, maxHeld }))
    // Whoever reads the stream has it begin again.
    this.#isPastMaxHeld = maxHeld !== undefined && (backlog?.heldBytes ?? 0) > maxHeld
    return backlog
  }

  /** Lets go of what is held open. */
  async close(): Promise<void> {
    await Promise.all([this.#closeStream(), this.chunks.close()])
  }
}
