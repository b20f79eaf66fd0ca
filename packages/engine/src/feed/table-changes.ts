import { SyncError } from '@tidemark/core'
import {
  type Counts,
  type EncodedKey,
  type EncodedRow,
  type Encoder,
  type PartialRow,
  type Reject,
  UNCHANGED,
  type Unfit,
} from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { keyText, weigh } from '../read/batch-buffer.ts'
import { isKey, parse, type Raw, rejectOf } from '../read/reject.ts'

/** What a key has come to since the last commit: a whole row in most cases, so that nothing is made for those beside it. */
type Entry = EncodedRow | PartEntry

interface PartEntry {
  readonly key: EncodedKey
  /** Undefined: it is deleted. */
  readonly row: EncodedRow | undefined
  readonly untold: readonly number[]
  readonly doubtful: readonly number[]
  /** Where the values that were not told are taken from. */
  readonly origin: EncodedKey | undefined
}

const NONE: readonly number[] = []

/** What gathered of a table for one commit. */
export interface GatheredChanges {
  readonly rows: readonly EncodedRow[]
  readonly partial: readonly PartialRow[]
  readonly deletions: readonly EncodedKey[]
  readonly rejects: readonly Reject[]
  readonly counts: Counts
}

export interface TableChangesOptions {
  readonly discovered: DiscoveredTable
  readonly encoder: Encoder
  /** The number of the commit that they are for. */
  readonly seq: bigint
  readonly redact: (text: string) => string
}

/**
 * The changes of a table since the last commit, folded: of each key what it has come to in the end. Of a table without a key all
 * rows.
 */
export class TableChanges {
  bytes = 0
  /** A row takes values from one under another key: told twice, it would look for them where they are no more. */
  takesElsewhere = false
  readonly #options: TableChangesOptions
  readonly #position: number
  readonly #single: number
  readonly #entries = new Map<unknown, Entry>()
  #rows: EncodedRow[] = []
  #rejects: Reject[] = []
  #read = 0
  /** Rows of before do not count any more: a key without an entry is not known. */
  #isCleared = false

  constructor(options: TableChangesOptions) {
    this.#options = options
    this.#position = Number(options.seq)
    const { key } = options.encoder
    this.#single = key.length === 1 ? key[0]! : -1
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  get size(): number {
    return this.#entries.size + this.#rows.length + this.#rejects.length
  }

  /** @throws SyncError `fix-source` for what is no change of a row. */
  upsert(rows: unknown, before: Raw | undefined): void {
    if (!Array.isArray(rows)) throw this.#fault('upserted(…) takes an array of rows')
    if (before !== undefined && rows.length !== 1)
      throw this.#fault('upserted(…) with "before" takes one row: the one whose key changed')
    for (const row of rows) this.#upsert(row, before)
  }

  delete(keys: unknown): void {
    if (!Array.isArray(keys)) throw this.#fault('deleted(…) takes an array of keys')
    if (this.#options.encoder.key.length === 0)
      throw this.#fault('it has no primary key, so deleted(…) cannot say which row was deleted')
    for (const raw of keys as Raw[]) {
      const key = this.#keyOf(raw)
      if (key !== undefined) this.#remove(key)
    }
  }

  /** All rows that were told before are gone. */
  clear(): void {
    this.#entries.clear()
    this.#rows = []
    this.#isCleared = true
    this.bytes = 0
  }

  take(): GatheredChanges {
    const rows: EncodedRow[] = this.#rows
    const partial: PartialRow[] = []
    const deletions: EncodedKey[] = []
    for (const entry of this.#entries.values()) {
      if (isWhole(entry)) rows.push(entry)
      else if (entry.row === undefined) deletions.push(entry.key)
      else if (entry.untold.length === 0) rows.push(entry.row)
      else partial.push({ row: entry.row, untold: entry.untold, doubtful: entry.doubtful, origin: entry.origin })
    }
    const rejected = this.#rejects.length
    const deduped = Math.max(0, this.#read - rows.length - partial.length - rejected)
    return {
      rows,
      partial,
      deletions,
      rejects: this.#rejects,
      counts: { read: this.#read, deduped, trimmed: 0, rejected },
    }
  }

  #upsert(raw: unknown, before: Raw | undefined): void {
    this.#read++
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      this.#reject(raw, 'not-a-row', 'expected an object')
      return
    }
    const row = raw as Raw
    const { encoder } = this.#options
    const whole = this.#plain(row)
    if (whole !== undefined) {
      this.#keep(whole, before)
      return
    }
    if (Object.values(row).includes(UNCHANGED)) this.#part(row, before)
    else {
      const parsed = parse(this.#options.discovered.table.row, row)
      if (!parsed.ok) this.#rejectChange(row, before, 'invalid', parsed.message)
      else {
        const encoded = encoder.output(parsed.value, this.#position)
        if (Array.isArray(encoded)) this.#keep(encoded, before)
        else this.#rejectChange(row, before, 'unfit', unfitText(encoded))
      }
    }
  }

  #plain(row: Raw): EncodedRow | undefined {
    try {
      return this.#options.encoder.plain(row, this.#position)
    } catch {
      // A check of the author's threw: zod meets the same, and its message becomes the reject's.
      return undefined
    }
  }

  /** A whole version. */
  #keep(row: EncodedRow, before: Raw | undefined): void {
    const { encoder } = this.#options
    this.bytes += weigh(row)
    if (encoder.key.length === 0) {
      this.#rows.push(row)
      return
    }
    if (before !== undefined) this.#leave(before, this.#keyIn(row))
    this.#entries.set(this.#idOf(row), row)
  }

  /** A version of which a part was told. */
  #part(row: Raw, before: Raw | undefined): void {
    const { encoder } = this.#options
    if (encoder.key.length === 0) throw this.#fault('it has no primary key, so no value of a row can be UNCHANGED')
    if (this.#options.discovered.table.primaryKey.some((name) => row[name] === UNCHANGED))
      throw this.#fault('a column of the primary key is UNCHANGED; a change tells the key')
    const part = encoder.part(row, this.#position)
    if (!('untold' in part)) {
      this.#rejectChange(row, before, 'unfit', unfitText(part))
      return
    }
    const key = encoder.key.map((at) => part.row[at])
    this.#overlay({ key, row: part.row, untold: part.untold, doubtful: NONE }, before)
  }

  /** Lays what was told over what the row was before. */
  #overlay(
    { key, row, untold, doubtful }: Omit<PartEntry, 'origin' | 'row'> & { readonly row: EncodedRow },
    before: Raw | undefined,
  ): void {
    this.bytes += weigh(row)
    const old = before === undefined ? undefined : this.#keyOf(before)
    const found = this.#entries.get(this.#id(old ?? key))
    const base = found !== undefined && isWhole(found) ? this.#entryOf(found) : found
    if (old !== undefined) this.#leave(before!, key)
    const id = this.#id(key)
    if (base?.row === undefined) {
      // Of a key that is deleted here, or whose table was cleared, this is a new life: what was before says nothing.
      const isNew = base !== undefined || this.#isCleared
      this.#entries.set(id, { key, row, untold, doubtful, origin: isNew ? undefined : (old ?? key) })
      if (!isNew && old !== undefined && this.#id(old) !== id) this.takesElsewhere = true
      return
    }
    const there = base.row
    const merged = [...row]
    for (const at of untold) merged[at] = there[at]
    const still = untold.filter((at) => base.untold.includes(at))
    const doubts = untold.filter((at) => base.doubtful.includes(at) || doubtful.includes(at))
    this.#entries.set(id, {
      key,
      row: merged,
      untold: [...new Set([...still, ...doubtful])],
      doubtful: [...new Set([...doubts, ...doubtful])],
      origin: base.origin,
    })
  }

  /** The row whose key changed is no more under the one that it had. */
  #leave(before: Raw, key: EncodedKey): void {
    const old = this.#keyOf(before)
    if (old !== undefined && this.#id(old) !== this.#id(key)) this.#remove(old)
  }

  #remove(key: EncodedKey): void {
    this.bytes += weigh(key)
    this.#entries.set(this.#id(key), { key, row: undefined, untold: NONE, doubtful: NONE, origin: undefined })
  }

  /**
   * A change that does not fit: its row stays as it was, and every column that it told is in doubt from now on, until a whole
   * version comes. Without a key that can be read it may be of any row.
   */
  #rejectChange(row: Raw, before: Raw | undefined, code: string, message: string): void {
    const key = this.#reject(row, code, message)
    if (key === undefined) return
    const { encoder, discovered } = this.#options
    const told = discovered.columns.flatMap(({ name }, at) =>
      encoder.key.includes(at) || row[name] === UNCHANGED ? [] : [at],
    )
    const nulls: EncodedRow = Array.from({ length: discovered.columns.length + 1 }, () => null)
    for (const [at, value] of encoder.key.entries()) nulls[value] = key[at]
    nulls[nulls.length - 1] = this.#position
    const untold = discovered.columns.flatMap((_, at) => (encoder.key.includes(at) ? [] : [at]))
    this.#overlay({ key, row: nulls, untold, doubtful: told }, before)
  }

  /** @returns its key, where that can be read. */
  #reject(row: unknown, code: string, message: string): EncodedKey | undefined {
    const { discovered, encoder, redact } = this.#options
    const { table, columns } = discovered
    const { reject } = rejectOf({ table, columns, encoder, redact, row, position: this.#position, code, message })
    this.#rejects.push(reject)
    this.bytes += reject.payload.length + reject.message.length + 200
    const key = reject.encodedKey
    return key !== undefined && isKey(key) && encoder.key.length > 0 ? key : undefined
  }

  /** Undefined: no row that is there can have it. */
  #keyOf(raw: Raw): EncodedKey | undefined {
    const key = this.#options.encoder.encodeKey(raw)
    if (isKey(key)) return key
    if (key.unheld === true) return undefined
    throw this.#fault(`column "${key.column}" of a key ${key.reason}`)
  }

  #entryOf(row: EncodedRow): PartEntry {
    return { key: this.#keyIn(row), row, untold: NONE, doubtful: NONE, origin: undefined }
  }

  #keyIn(row: EncodedRow): EncodedKey {
    return this.#options.encoder.key.map((at) => row[at])
  }

  #idOf(row: EncodedRow): unknown {
    const value = this.#single < 0 ? undefined : row[this.#single]
    return value === undefined || value instanceof Uint8Array ? this.#id(this.#keyIn(row)) : value
  }

  #id(key: EncodedKey): unknown {
    if (this.#single < 0) return keyText(key)
    const [value] = key
    return value instanceof Uint8Array ? keyText(key) : value
  }

  #fault(problem: string): SyncError {
    return new SyncError(`table "${this.#options.discovered.table.name}": ${problem}`, 'fix-source')
  }
}

const isWhole = (entry: Entry): entry is EncodedRow => Array.isArray(entry)
const unfitText = ({ column, reason }: Unfit): string => `column "${column}" ${reason}`
