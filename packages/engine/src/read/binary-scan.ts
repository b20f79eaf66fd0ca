import { SyncError } from '@tidemark/core'
import type { BinaryPage, ColumnType, TableColumn } from '@tidemark/core/engine'

/** Microseconds from 1970-01-01 to 2000-01-01, from which Postgres counts, and a day of them. */
const EPOCH = 946_684_800_000_000
const DAY = 86_400_000_000
// Days and microseconds from 2000-01-01 to the first and the last that every destination holds: the years 0 to 9999.
const FIRST_DAY = -730_485
const LAST_DAY = 2_921_939
const TWO_32 = 4_294_967_296
/** The high 32 bits of the microseconds; what lies in the first or last step of them is looked at as a row. */
const FIRST_HIGH = Math.ceil((FIRST_DAY * DAY) / TWO_32)
const LAST_HIGH = Math.floor(((LAST_DAY + 1) * DAY) / TWO_32)
/** The sign of a numeric that is no number or infinite begins with these two bits. */
const NO_NUMBER = 0xc0
/** A high word of less than this is that of a safe integer. */
const SAFE_HIGH = 1 << 21

const ANY = 0
const INTEGER = 1
const DOUBLE = 2
const BOOLEAN = 3
const DATE = 4
const TIME = 5
const NUMERIC = 6

const CHECKS: Readonly<Record<ColumnType, number>> = {
  text: ANY,
  json: ANY,
  bytes: ANY,
  integer: INTEGER,
  double: DOUBLE,
  boolean: BOOLEAN,
  date: DATE,
  timestamp: TIME,
  local_timestamp: TIME,
  numeric: NUMERIC,
}

export interface ScanOptions {
  readonly columns: readonly TableColumn[]
  readonly primaryKey: readonly string[]
  /** A column whose position is read from each row: the cursor, or what ranges of the key are of; undefined: none. */
  readonly tracked: string | undefined
}

/**
 * Looks at rows in the binary form of Postgres: whether every field is one that is stored as it is. Any other row is to be
 * looked at as a row, which says what is wrong with it, or how it is stored.
 */
export class BinaryScan {
  /** The position of the last row that was looked at; undefined where it is NULL. */
  tracked: number | bigint | undefined
  readonly #checks: Uint8Array
  readonly #takesNull: Uint8Array
  readonly #trackedAt: number

  constructor({ columns, primaryKey, tracked }: ScanOptions) {
    this.#checks = Uint8Array.from(columns, ({ type }) => CHECKS[type])
    this.#takesNull = Uint8Array.from(columns, ({ name, nullable }) => (nullable && !primaryKey.includes(name) ? 1 : 0))
    this.#trackedAt = columns.findIndex(({ name }) => name === tracked)
  }

  /** @throws SyncError `fix-source` where the bytes are not the fields that were asked for. */
  fits({ bytes, offsets }: BinaryPage, row: number): boolean {
    const checks = this.#checks
    let at = offsets[row * 2]!
    const end = offsets[row * 2 + 1]!
    if (at === end) return false
    let fits = true
    for (let column = 0; column < checks.length; column++) {
      const length = int32(bytes, at)
      at += 4
      if (length === -1) {
        if (this.#takesNull[column] === 0) fits = false
        if (column === this.#trackedAt) this.tracked = undefined
        continue
      }
      switch (checks[column]) {
        case ANY:
          break
        case INTEGER:
          if (length !== 8) throw notThese()
          if (column === this.#trackedAt) this.tracked = integerAt(bytes, at)
          break
        case DOUBLE:
          if (length !== 8) throw notThese()
          if (!isOneDouble(bytes, at)) fits = false
          break
        case BOOLEAN:
          if (length !== 1) throw notThese()
          break
        case DATE: {
          if (length !== 4) throw notThese()
          const days = int32(bytes, at)
          if (days < FIRST_DAY || days > LAST_DAY) fits = false
          if (column === this.#trackedAt) this.tracked = days * DAY + EPOCH
          break
        }
        case TIME: {
          if (length !== 8) throw notThese()
          const high = int32(bytes, at)
          if (high < FIRST_HIGH || high >= LAST_HIGH) fits = false
          if (column === this.#trackedAt) {
            const micros = high * TWO_32 + (int32(bytes, at + 4) >>> 0) + EPOCH
            // Beyond the year 2255 it is read exactly as a row.
            if (!Number.isSafeInteger(micros)) fits = false
            this.tracked = micros
          }
          break
        }
        default:
          if (length < 8) throw notThese()
          if ((bytes[at + 4]! & NO_NUMBER) === NO_NUMBER) fits = false
      }
      at += length
    }
    if (at !== end) throw notThese()
    return fits
  }
}

function notThese(): SyncError {
  return new SyncError(
    'read() yielded a binary page whose rows do not have the fields that `binary` names',
    'fix-source',
  )
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function integerAt(bytes: Uint8Array, at: number): number | bigint {
  const high = int32(bytes, at)
  const low = int32(bytes, at + 4) >>> 0
  if (high >= -SAFE_HIGH && high < SAFE_HIGH && (high !== -SAFE_HIGH || low > 0)) return high * TWO_32 + low
  return (BigInt(high) << 32n) | BigInt(low)
}

/** Neither infinite nor no number; and a zero below zero is stored as zero. */
function isOneDouble(bytes: Uint8Array, at: number): boolean {
  if ((bytes[at]! & 0x7f) === 0x7f && (bytes[at + 1]! & 0xf0) === 0xf0) return false
  return bytes[at] !== 0x80 || (int32(bytes, at) & 0x7fff_ffff) !== 0 || int32(bytes, at + 4) !== 0
}
