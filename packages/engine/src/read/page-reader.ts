import { SyncError } from '@tidemark/core'
import {
  type BinaryPage,
  type Counts,
  type Deletion,
  type EncodedRow,
  isBinaryPage,
  isDeleted,
  isWhole,
  type Reject,
  rowsOfBinary,
  type TableColumn,
  type Unfit,
} from '@tidemark/core/engine'
import { BatchBuffer, weigh } from './batch-buffer.ts'
import { BinaryBuffer } from './binary-buffer.ts'
import { type Bound, bound } from './bound.ts'
import { outsideKeys } from './outside-keys.ts'
import type { Gathered, PageReaderOptions } from './page-reader-options.ts'
import { positionIn } from './position-in.ts'
import { describe, isKey, parse, type Raw, rejectOf } from './reject.ts'
import { fieldOf, type RejectReason, RejectReasons } from './reject-reasons.ts'
import { UndeclaredFields } from './undeclared-fields.ts'

const NONE = { count: 0, bytes: 0 }

/**
 * Turns pages into what a batch holds: trimmed by the cursor alone, then validated and encoded, the bad ones as
 * rejects. Knows nothing of windows beyond its range, and of order only what it saw.
 */
export class PageReader {
  readonly gather: BatchBuffer
  /** The source reported a deletion. */
  anyDeleted = false
  /** A rejected row had no readable key: the pass cannot tell which rows were deleted. */
  keyless = false
  readonly reasons = new RejectReasons()
  /** Of all that came in, what was read before. */
  readonly known = { rows: 0, rejected: 0 }
  /** Of all that came in, rows with a cursor that were not read before. */
  inWindow = 0
  /** Rows that were left out for their cursor: it is above what is read, or is NULL and its table skips those. */
  readonly leftOut = { above: 0, withoutCursor: 0 }
  /** Fields that no column holds. */
  readonly undeclared: UndeclaredFields
  /** The smallest and greatest position in the last page. */
  lowest: Bound
  highest: Bound
  /** The last position before the present one that is another, in a table that says how it is ordered. */
  above: Bound
  /** A row came after one that it must not follow, in a table that says how it is ordered. */
  disordered = false
  #previous: Bound
  /** Of deletions and rejects. */
  #otherBytes = 0
  #deletions: Deletion[] = []
  #rejects: Reject[] = []
  #read = 0
  #trimmed = 0
  #undeclared = 0
  readonly #options: PageReaderOptions
  readonly #binary: BinaryBuffer | undefined
  /** Zod sees every row: the schema says more than its fields do. */
  readonly #whole: boolean
  readonly #from: Bound
  readonly #to: Bound
  readonly #knownBelow: Bound
  readonly #cursor: TableColumn | undefined
  readonly #isOutside: (row: Raw) => boolean

  constructor(options: PageReaderOptions) {
    this.#options = options
    this.gather = new BatchBuffer(options.encoder.key)
    if (options.takesBinary === true) this.#binary = new BinaryBuffer(options)
    this.undeclared = new UndeclaredFields(options.table)
    this.#from = bound(options.range?.from)
    this.#to = bound(options.range?.to)
    this.#knownBelow = bound(options.knownBelow)
    this.#isOutside = outsideKeys(options)
    this.#whole = isWhole(options.table.row)
    this.#cursor = options.table.columns.find((column) => column.name === options.table.cursor?.column)
  }

  /**
   * Takes in a page, and yields whenever enough has gathered for a batch: a page may hold more than that.
   *
   * @throws SyncError `fix-source` for what is not a page.
   */
  *add(page: unknown): Generator<void> {
    this.lowest = undefined
    this.highest = undefined
    if (Array.isArray(page)) {
      for (const row of page) {
        this.#addRow(row)
        if (this.#isFull()) yield
      }
    } else if (isBinaryPage(page)) yield* this.#addBinary(page)
    else if (isDeleted(page)) {
      for (const key of page.keys) {
        this.#addDeleted(key)
        if (this.#isFull()) yield
      }
    } else
      throw new SyncError(`read() yielded ${describe(page)}; a page is an array of rows, or deleted([…])`, 'fix-source')
  }

  *#addBinary(page: BinaryPage): Generator<void> {
    for (let at = 0; at < rowsOfBinary(page); at++) {
      const binary = this.#binary
      if (binary?.takes(page, at) !== true) this.#addRow(page.row(at))
      else {
        this.#read++
        const { position } = binary
        const isInside = position === undefined ? !binary.isOutside : this.#isInside(position)
        if (isInside) binary.add(page, at)
        else this.#trimmed++
      }
      if (this.#isFull()) yield
    }
  }

  /** Deletions and rejects take memory as rows do. */
  #isFull(): boolean {
    const { rows, bytes } = this.#options.batchLimit
    const { count, bytes: binaryBytes } = this.#binary ?? NONE
    const { gather } = this
    const gathered = gather.rows.length + count + this.#rejects.length + this.#deletions.length
    return gathered >= rows || gather.bytes + binaryBytes + this.#otherBytes >= bytes
  }

  #addRow(row: unknown): void {
    this.#read++
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      this.#reject(row, undefined, 'not-a-row', `expected an object, got ${describe(row)}`)
      return
    }
    const { table } = this.#options
    let position: number | bigint | null = null
    if (this.#cursor !== undefined) {
      const found = positionIn(row as Raw, this.#cursor, table)
      if (found === undefined) {
        this.#slow(row as Raw, undefined)
        return
      }
      if (found === null) {
        if (table.nullCursor === 'skip') {
          this.#trimmed++
          this.leftOut.withoutCursor++
        } else if (table.nullCursor === 'reject')
          this.#reject(row, undefined, 'null-cursor', `the cursor "${this.#cursor.name}" is NULL`)
        else this.#encode(row as Raw, null)
        return
      }
      if (!this.#isInside(found)) return void this.#trimmed++
      position = found
    } else if (this.#isOutside(row as Raw)) return void this.#trimmed++
    this.#encode(row as Raw, position)
  }

  /** Whether a position lies in what is read; keeps what is to be known of it. */
  #isInside(position: number | bigint): boolean {
    if (this.#options.table.ordered !== undefined) this.#checkOrder(position)
    if (this.lowest === undefined || position < this.lowest) this.lowest = position
    if (this.highest === undefined || position > this.highest) this.highest = position
    if (position >= this.#to!) {
      this.leftOut.above++
      return false
    }
    if (this.#from !== undefined && position < this.#from) return false
    if (this.#isKnown(position)) this.known.rows++
    else this.inWindow++
    return true
  }

  #isKnown(position: Bound): boolean {
    return this.#knownBelow !== undefined && position !== undefined && position < this.#knownBelow
  }

  #checkOrder(position: number | bigint): void {
    const before = this.#previous
    if (before !== undefined && (this.#options.table.ordered === 'ascending' ? position < before : position > before)) {
      this.disordered = true
    }
    if (before !== position) this.above = before
    this.#previous = position
  }

  #encode(row: Raw, position: number | bigint | null): void {
    const encoded = this.#whole ? undefined : this.#plain(row, position)
    if (encoded === undefined) this.#slow(row, position)
    else this.#keep(row, encoded)
  }

  #plain(row: Raw, position: number | bigint | null): EncodedRow | undefined {
    try {
      return this.#options.encoder.plain(row, position)
    } catch {
      // A getter or a check of the author's threw; zod meets the same, and its message becomes the reject's.
      return undefined
    }
  }

  #keep(row: Raw, encoded: EncodedRow): void {
    if (this.#options.seenRows?.isOlder(encoded) === true) this.gather.deduped++
    else if (this.#binary !== undefined && this.#binary.count > 0) this.#binary.addRow(encoded)
    else this.gather.add(encoded)
    if (this.undeclared.in(row)) this.#undeclared++
  }

  /** Asks zod about a row that the encoder did not take. */
  #slow(row: Raw, position: number | bigint | null | undefined): void {
    const parsed = parse(this.#options.table.row, row)
    if (!parsed.ok) {
      const { message, problem, field } = parsed
      this.#reject(row, position ?? undefined, 'invalid', message, { problem, ...fieldOf(row, field) })
      return
    }
    if (position === undefined) {
      const problem = `the cursor "${this.#cursor?.name}" is not of type ${this.#cursor?.type}`
      this.#reject(row, undefined, 'invalid-cursor', problem, { problem, ...fieldOf(row, this.#cursor?.name) })
      return
    }
    const encoded = this.#options.encoder.output(parsed.value, position)
    if (Array.isArray(encoded)) {
      this.#keep(row, encoded)
      return
    }
    const { column, reason } = encoded as Unfit
    this.#reject(row, position ?? undefined, 'unfit', `column "${column}" ${reason}`, {
      problem: reason,
      ...fieldOf(row, column),
    })
  }

  /** What came in since the last batch. */
  get counts(): Counts {
    return { read: this.#read, deduped: this.gather.deduped, trimmed: this.#trimmed, rejected: this.#rejects.length }
  }

  /** What has gathered; the next batch begins. */
  take(): Gathered {
    const { counts } = this
    const { rows } = this.gather.take()
    const binary = this.#binary?.take()
    const taken = {
      rows,
      binary,
      deletions: this.#deletions,
      rejects: this.#rejects,
      counts,
      undeclared: this.#undeclared,
    }
    this.#deletions = []
    this.#rejects = []
    this.#otherBytes = 0
    this.#read = 0
    this.#trimmed = 0
    this.#undeclared = 0
    return taken
  }

  #addDeleted(raw: Raw): void {
    const { encoder, table, range } = this.#options
    if (table.primaryKey.length === 0)
      throw new SyncError(
        `table "${table.name}" has no primary key, so deleted([…]) cannot say which row was deleted`,
        'fix-source',
      )
    const key = encoder.encodeKey(raw)
    if (!isKey(key) && key.unheld) return // No row that is there can have it.
    if (!isKey(key)) throw new SyncError(`deleted([…]): column "${key.column}" ${key.reason}`, 'fix-source')
    const own = this.#cursor === undefined ? null : positionIn(raw, this.#cursor, table)
    if (own === undefined)
      throw new SyncError(`deleted([…]): the cursor "${this.#cursor?.name}" is no ${this.#cursor?.type}`, 'fix-source')
    // The source reports one from above again with its own window; one from below still marks what is older than it.
    if (own !== null && own >= this.#to!) return
    this.anyDeleted = true
    this.#deletions.push({ key, position: own ?? range?.to ?? null })
    this.#otherBytes += weigh(key)
    if (own !== null && this.#isKnown(own)) this.#options.seenRows?.deleted({ key, position: own })
  }

  #reject(
    row: unknown,
    position: number | bigint | undefined,
    code: string,
    message: string,
    reason: RejectReason = { problem: message },
  ): void {
    this.reasons.add(reason)
    if (this.#isKnown(position)) this.known.rejected++
    const { reject, keyless } = rejectOf({ ...this.#options, row, position, code, message })
    if (keyless) this.keyless = true
    else if (reject.encodedKey !== undefined && position !== undefined)
      this.#options.seenRows?.saw(reject.encodedKey, position)
    this.#rejects.push(reject)
    const { payload, key = '', encodedKey: seen = [] } = reject
    this.#otherBytes += payload.length + reject.message.length + key.length + weigh(seen)
  }
}
