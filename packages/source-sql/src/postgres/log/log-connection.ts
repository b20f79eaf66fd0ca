import type pg from 'pg'
import { formatWalPosition, type WalPosition } from './wal-position.ts'

/** A piece of the stream: a message of the plugin, or how far the server has come. */
export type LogPiece =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  /** Nothing up to here is left to be sent, but for what the pieces before it begin. */
  | { readonly kind: 'position'; readonly end: WalPosition; readonly at: bigint }

interface Wire {
  readonly stream: { pause(): void; resume(): void }
  on(event: string, listener: (message: never) => void): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** What may wait to be taken before the server has to wait. */
const MAX_HELD = 4 << 20
/** How long a stream may be silent before the server is asked how far it is. */
const ASK_MS = 50
/** Between two signs of life. */
const ALIVE_MS = 10_000
/** The epoch of Postgres in microseconds of ours. */
const EPOCH = 946_684_800_000_000n
const DATA = 0x77
const KEEPALIVE = 0x6b
const HEADER = 25

export interface LogStart {
  readonly slot: string
  readonly from: WalPosition
  readonly publications: readonly string[]
}

/** The stream of a slot, on a connection of its own in the mode of replication. */
export class LogConnection {
  readonly #wire: Wire
  #pieces: LogPiece[] = []
  #held = 0
  #isPaused = false
  #wake: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined
  #isOver = false
  /** What the source need not keep. */
  #acknowledged: WalPosition
  readonly #alive: NodeJS.Timeout
  readonly #ended: Promise<void>

  /** Starts to stream. A position that is before what the slot has confirmed starts there instead: compare before. */
  constructor(client: pg.Client, { slot, from, publications }: LogStart) {
    this.#wire = (client as unknown as { readonly connection: Wire }).connection
    this.#acknowledged = from
    this.#wire.on('copyData', ({ chunk }: { readonly chunk: Buffer }) => this.#take(chunk))
    const quoted = publications.map((name) => `"${name.replaceAll('"', '""')}"`)
    const names = [...new Set(quoted)].join(',').replaceAll("'", "''")
    const started = client.query(
      `START_REPLICATION SLOT ${slot} LOGICAL ${formatWalPosition(from)} (proto_version '1', publication_names '${names}')`,
    )
    // Also while nobody takes anything: the server ends a stream that says nothing for a minute.
    this.#alive = setInterval(() => this.#tell(false), ALIVE_MS).unref()
    this.#ended = started.then(
      () => this.#end(undefined),
      (error: unknown) => this.#end({ error }),
    )
  }

  /**
   * Everything that has come; waits for the first. Asks the server how far it is while nothing comes, so the wait is short.
   *
   * @throws what ended the stream, once all that came before is taken.
   */
  async next(): Promise<readonly LogPiece[]> {
    while (this.#pieces.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#isOver) throw new Error('Connection terminated: the server ended the stream of its log')
      if (!(await this.#came())) this.#tell(true)
    }
    const pieces = this.#pieces
    this.#pieces = []
    this.#held = 0
    if (this.#isPaused) {
      this.#isPaused = false
      this.#wire.stream.resume()
    }
    return pieces
  }

  /** The server need keep nothing before a position. */
  acknowledge(position: WalPosition): void {
    if (position > this.#acknowledged) this.#acknowledged = position
    this.#tell(false)
  }

  /** Ends the stream; the server has what was acknowledged. */
  async close(withinMs: number): Promise<void> {
    this.#pieces = []
    if (this.#isPaused) this.#wire.stream.resume()
    this.#isPaused = false
    this.#isOver = true
    if (this.#failure === undefined) this.#wire.endCopyFrom()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, withinMs)
    await Promise.race([this.#ended, promise]).finally(() => clearTimeout(timer))
  }

  /** Waits for a piece or the end. @returns false after a while without either. */
  async #came(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), ASK_MS)
    this.#wake = () => resolve(true)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
    }
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return
    if (chunk[0] === KEEPALIVE) {
      const end = chunk.readBigUInt64BE(1)
      this.#pieces.push({ kind: 'position', end, at: chunk.readBigUInt64BE(9) + EPOCH })
      if (chunk[17] === 1) this.#tell(false)
    } else if (chunk[0] === DATA) {
      // The driver may write over what it hands out.
      const bytes = Buffer.from(chunk.subarray(HEADER))
      this.#pieces.push({ kind: 'data', bytes })
      this.#held += bytes.length
      if (this.#held >= MAX_HELD && !this.#isPaused) {
        this.#isPaused = true
        this.#wire.stream.pause()
      }
    }
    this.#wake?.()
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    clearInterval(this.#alive)
    this.#failure ??= failure
    this.#isOver = true
    this.#wake?.()
  }

  /** Tells the server what it need not keep. @param asks the server answers how far it is. */
  #tell(asks: boolean): void {
    if (this.#isOver) return
    const status = Buffer.alloc(34)
    status[0] = 0x72
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(this.#acknowledged, at)
    status.writeBigInt64BE(BigInt(Date.now()) * 1000n - EPOCH, 25)
    status[33] = asks ? 1 : 0
    this.#wire.sendCopyFromChunk(status)
  }
}
