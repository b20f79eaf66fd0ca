import { setTimeout as sleep } from 'node:timers/promises'
import { feedLost, type SyncError } from '@tidemark/core'
import { sql } from 'kysely'
import type pg from 'pg'
import type { Asked, NamedKeys, Reads, Row } from '../../database.ts'
import { keyAmong } from '../../find-keys.ts'
import { dialect } from '../read.ts'
import { RewrittenError } from '../rewritten.ts'
import { ask } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { HeldSnapshot } from './held-snapshot.ts'
import type { Leaf } from './leaves.ts'
import type { LogCatalog } from './log-catalog.ts'
import { cutLeaves, type LogChunk, withinChunk } from './log-chunk.ts'
import { type LogOffset, placeIn } from './log-offset.ts'
import { isAppendOnly, type LoggedTable } from './logged-table.ts'
import type { GivenNames } from './memberships.ts'
import { namesOf, publish } from './publication.ts'
import { parseSnapshot, type Snapshot, sees } from './snapshot.ts'
import { replayed } from './standby.ts'
import { formatWalPosition } from './wal-position.ts'

/** The first and the longest wait for transactions that are not seen yet. */
const LOOK_MS = [5, 200] as const

/** Reads what the tables of a log held before it began, in chunks, and rows by their keys. */
export class LogChunks {
  readonly #sessions: Sessions
  readonly #catalog: LogCatalog
  /** Snapshots of tables without a key, by name. */
  readonly #held = new Map<string, HeldSnapshot>()
  #snapshots = 0
  /** Of tables that were cut here. */
  readonly #leaves = new Map<number, Leaf>()
  readonly #lost: Record<string, string> = {}
  /** By which the slot and the publications are named; undefined: the feed has not begun. */
  id: string | undefined
  /** Pages of a chunk; undefined: as many as are read in seconds. */
  pages: number | undefined
  readonly #closeStream: () => Promise<void>

  readonly #given: GivenNames | undefined
  /** Where chunks are read; undefined: at the primary. */
  readonly #standby: Sessions | undefined

  /** @param closeStream closes the stream that may be open: what it has taken in by then is read again. */
  constructor(
    sessions: Sessions,
    catalog: LogCatalog,
    {
      given,
      standby,
      closeStream,
    }: {
      readonly given: GivenNames | undefined
      readonly standby: Sessions | undefined
      readonly closeStream: () => Promise<void>
    },
  ) {
    this.#sessions = sessions
    this.#given = given
    this.#standby = standby
    this.#catalog = catalog
    this.#closeStream = closeStream
  }

  /** Tables whose chunks are of files that are not theirs any more, and why. */
  get lost(): Readonly<Record<string, string>> {
    return this.#lost
  }

  /** Publishes a table, where it is not yet, and cuts it. */
  async cut(name: string, { signal }: Asked): Promise<readonly LogChunk[]> {
    delete this.#lost[name]
    const table = this.#catalog.table(name)
    const { id } = this
    if (id === undefined) throw new Error('a table is cut after its feed has begun')
    const open = await this.#sessions.administering(signal, (client) =>
      publish(client, namesOf(id, this.#given), table),
    )
    // As they are now: what was found may have been rewritten.
    const { leaves } = (await this.#catalog.facts([table.found], { signal })).get(name)!
    for (const leaf of leaves) this.#leaves.set(leaf.oid, leaf)
    if (isAppendOnly(table)) return await this.#hold(table, leaves, signal)
    return cutLeaves(leaves, open, this.pages)
  }

  /** A table without a key is read from one snapshot, whose place in the log is known. */
  async #hold({ name }: LoggedTable, leaves: readonly Leaf[], signal: AbortSignal): Promise<readonly LogChunk[]> {
    await this.#held.get(name)?.end()
    // It has told rows that the snapshot will hold, too.
    await this.#closeStream()
    const slot = `${namesOf(this.id!).slot}_${process.pid}_${this.#snapshots++}`
    const held = await HeldSnapshot.take(this.#sessions, { slot, relations: leaves.map(({ oid }) => oid), signal })
    this.#held.set(name, held)
    return leaves.map(({ oid, file }) => ({ oid, file, from: 0, to: null, open: [], snapshot: held.name }))
  }

  /** Reads a chunk that holds everything up to an offset. @returns an offset that is after all that it may hold. */
  async *read(
    name: string,
    chunk: LogChunk,
    asked: Asked & { readonly asOf: LogOffset },
  ): AsyncGenerator<readonly Row[], LogOffset> {
    const table = this.#catalog.table(name)
    const leaf = this.#leaves.get(chunk.oid) ?? table.leaves.find(({ oid }) => oid === chunk.oid)
    if (leaf === undefined) throw this.#lose(name, 'one of its partitions is gone')
    // A leaf is read alone, also where tables inherit from it.
    const found = {
      ...table.found,
      schema: leaf.schema,
      relation: leaf.relation,
      details: { oid: String(leaf.oid), only: true },
    }
    const reads = { table: found, columns: table.columns, bounds: undefined, where: withinChunk(chunk) }
    if (isAppendOnly(table)) return yield* this.#readHeld(table, chunk, { reads, ...asked })
    return yield* this.#readSeen(reads, { ...asked, open: chunk.open }, async (client) => {
      const [row] = await ask(client, 'SELECT c.relfilenode FROM pg_catalog.pg_class c WHERE c.oid = $1', [chunk.oid])
      if (row?.[0] !== chunk.file) throw this.#lose(name, 'it was rewritten while it was read')
    })
  }

  async *#readHeld(
    { name }: LoggedTable,
    { oid, snapshot }: LogChunk,
    { reads, asOf, ...asked }: Asked & { readonly asOf: LogOffset; readonly reads: Reads },
  ): AsyncGenerator<readonly Row[], LogOffset> {
    const held = this.#held.get(name)
    if (held?.isTruncated) return asOf
    if (held === undefined || held.name !== snapshot || !held.unread.has(oid))
      throw this.#lose(name, 'it has no key, and is read from one snapshot, which ended with an earlier run')
    const pages = this.#sessions.readingIn(reads, { ...asked, snapshot: held.name }, async () => true)
    try {
      yield* pages as AsyncGenerator<readonly Row[]>
    } catch (error) {
      // Rows that were written again are in no older snapshot.
      throw error instanceof RewrittenError ? this.#lose(name, 'it was rewritten while it was read') : error
    }
    await held.done(oid)
    return placeIn({ ...asOf, lsn: formatWalPosition(held.at) })
  }

  /** Of a table without a key: all that was committed before is read from its snapshot. */
  heldUpTo(name: string): bigint {
    return this.#held.get(name)?.at ?? 0n
  }

  /** All rows that a snapshot of a table holds are gone. */
  truncated(name: string): void {
    const held = this.#held.get(name)
    if (held !== undefined) held.isTruncated = true
  }

  /** Lets go of what is held open. */
  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map((held) => held.end()))
    await this.#standby?.close()
  }

  /** Reads rows by their keys, like a chunk. */
  async *rows(
    name: string,
    keys: NamedKeys,
    asked: Asked & { readonly asOf: LogOffset },
  ): AsyncGenerator<readonly Row[], LogOffset> {
    const table = this.#catalog.table(name)
    const key = table.key.map((one) => table.columns.find((column) => column.name === one)!)
    const isAmong = keyAmong({ table: table.found, key, keys }, dialect) ?? sql<unknown>`false`
    const reads = { table: table.found, columns: table.columns, bounds: undefined, where: [isAmong] }
    return yield* this.#readSeen(reads, { ...asked, open: [] }, async () => {})
  }

  #lose(name: string, why: string): SyncError {
    this.#lost[name] = why
    return feedLost(`${this.#sessions.label}: table "${name}": ${why}`)
  }

  /** Reads in a snapshot that sees all transactions up to an offset, and none of some as still open. */
  async *#readSeen(
    reads: Reads,
    { asOf, open, ...asked }: Asked & { readonly asOf: LogOffset; readonly open: readonly string[] },
    check: (client: pg.Client) => Promise<void>,
  ): AsyncGenerator<readonly Row[], LogOffset> {
    const isReady = (snapshot: Snapshot): boolean =>
      asOf.recent.every((xid) => sees(snapshot, xid)) && !open.some((xid) => snapshot.inProgress.has(BigInt(xid)))
    let waitMs: number = LOOK_MS[0]
    const standby = this.#standby
    for (;;) {
      // Before the snapshot: what is replayed after it was taken is not in it.
      if (standby !== undefined) await replayed({ primary: this.#sessions, standby }, { asOf, open, ...asked })
      const pages = (standby ?? this.#sessions).readingIn(reads, asked, async (client) => {
        const [row] = await ask(client, 'SELECT pg_catalog.pg_current_snapshot()::text')
        if (standby === undefined && !isReady(parseSnapshot(row![0]!))) return false
        await check(client)
        return true
      })
      for (;;) {
        const { done, value } = await pages.next()
        if (done !== true) yield value
        else if (value !== undefined) return placeIn(value)
        else break
      }
      await sleep(waitMs, undefined, { signal: asked.signal })
      waitMs = Math.min(waitMs * 2, LOOK_MS[1])
    }
  }
}
