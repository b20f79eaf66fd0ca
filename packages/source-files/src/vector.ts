import { isAscii } from 'node:buffer'
import { DuckDBBlobVector, type DuckDBDataChunk, type DuckDBVector } from '@duckdb/node-api'

/** How the values of a result column lie in memory, and what becomes of them. */
export type Layout = 'number' | 'int64' | 'date' | 'local' | 'instant' | 'string' | 'other'

// `getItem` makes an object a value and crosses into native code for every longer text, 2 µs each. The vectors keep
// their memory in fields that their types hide; the version of the package is pinned, and a test reads every layout.
interface Inside {
  readonly items?: ArrayLike<number> & { readonly buffer: ArrayBuffer; readonly byteOffset: number }
  readonly dataView?: DataView<ArrayBuffer>
  readonly validity: { readonly data: BigUint64Array<ArrayBuffer> | null }
}

/** The values of one column of a chunk as JavaScript has them; times as ISO text. */
export function valuesOf(chunk: DuckDBDataChunk, column: number, layout: Layout): unknown[] {
  const vector = chunk.getColumnVector(column)
  const inside = vector as unknown as Inside
  const count = chunk.rowCount
  const values = read(vector, inside, layout, count)
  const { data } = inside.validity
  if (data !== null) {
    const bits = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at < count; at++) if ((bits[at >> 3]! & (1 << (at & 7))) === 0) values[at] = null
  }
  return values
}

function read(vector: DuckDBVector, inside: Inside, layout: Layout, count: number): unknown[] {
  switch (layout) {
    case 'other':
      return Array.from({ length: count }, (_, at) => vector.getItem(at))
    case 'string':
      return strings(vector, inside, count)
    case 'int64':
      return wide(
        inside,
        count,
        (number) => number,
        (big) => big,
      )
    case 'local':
      return wide(
        inside,
        count,
        (micros) => isoOf(micros, ''),
        (big) => farIso(big, ''),
      )
    case 'instant':
      return wide(
        inside,
        count,
        (micros) => isoOf(micros, 'Z'),
        (big) => farIso(big, 'Z'),
      )
    case 'date':
      return numbers(inside, count).map(dayText)
    default:
      return numbers(inside, count)
  }
}

function numbers(inside: Inside, count: number): number[] {
  const { items } = inside
  const values = new Array<number>(count)
  for (let at = 0; at < count; at++) values[at] = items![at]!
  return values
}

/** Integers of 64 bits, read as two halves: a bigint a value would cost more than everything else. */
function wide(
  inside: Inside,
  count: number,
  small: (value: number) => unknown,
  big: (value: bigint) => unknown,
): unknown[] {
  const { buffer, byteOffset } = inside.items!
  const halves = new Int32Array(buffer, byteOffset, count * 2)
  const values = new Array<unknown>(count)
  for (let at = 0; at < count; at++) {
    const high = halves[at * 2 + 1]!
    values[at] =
      // Not -2^53 itself: no number says that it is not the one below.
      high < 0x200000 && (high > -0x200000 || (high === -0x200000 && halves[at * 2] !== 0))
        ? small(high * 0x1_0000_0000 + (halves[at * 2]! >>> 0))
        : big(new BigInt64Array(buffer, byteOffset + at * 8, 1)[0]!)
  }
  return values
}

const DAY = 86_400_000_000
const days = new Map<number, string>()
const TWO = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

/** A day since 1970 as `YYYY-MM-DD`; outside the years 0 to 9999 with a year of more digits or a sign, which no date column takes. */
function dayText(day: number): string {
  const known = days.get(day)
  if (known !== undefined) return known
  if (day < -719_528 || day > 2_932_896) return farDayText(day)
  const text = new Date(day * 86_400_000).toISOString().slice(0, 10)
  if (days.size >= 10_000) days.clear()
  days.set(day, text)
  return text
}

/** Days of 400 years, after which the calendar is the same again. */
const CYCLE = 146_097
const ENDLESS = 2 ** 31 - 1

function farDayText(day: number): string {
  if (Math.abs(day) === ENDLESS) return day < 0 ? '-infinity' : 'infinity'
  const cycles = Math.floor((day + 719_528) / CYCLE)
  const within = new Date((day - cycles * CYCLE) * 86_400_000).toISOString()
  const year = Number(within.slice(0, 4)) + cycles * 400
  return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}${within.slice(4, 10)}`
}

function isoOf(micros: number, zone: '' | 'Z'): string {
  const day = Math.floor(micros / DAY)
  return isoText(day, micros - day * DAY, zone)
}

const ENDLESS_MICROS = 2n ** 63n - 1n

/** Before 1684 and after 2255 the microseconds are no safe integer. */
function farIso(micros: bigint, zone: '' | 'Z'): string {
  if (micros === ENDLESS_MICROS || micros === -ENDLESS_MICROS) return micros < 0n ? '-infinity' : 'infinity'
  const rest = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n
  return isoText(Number((micros - rest) / 86_400_000_000n), Number(rest), zone)
}

function isoText(day: number, rest: number, zone: '' | 'Z'): string {
  const seconds = Math.floor(rest / 1_000_000)
  const fraction = rest - seconds * 1_000_000
  const minutes = (seconds / 60) | 0
  const hour = (minutes / 60) | 0
  const text = `${dayText(day)}T${TWO[hour]}:${TWO[minutes - hour * 60]}:${TWO[seconds - minutes * 60]}`
  return fraction === 0 ? text + zone : `${text}.${String(fraction).padStart(6, '0')}${zone}`
}

/**
 * Texts. DuckDB keeps one of up to 12 bytes in its entry of 16, and points to a longer one. Longer ones lie one behind
 * the other in blocks, so a run of them is fetched in one go. Two that lie within a page of memory of each other are
 * both mapped, and so is what is between them.
 */
function strings(vector: DuckDBVector, inside: Inside, count: number): unknown[] {
  const view = inside.dataView!
  const { buffer, byteOffset } = view
  const words = new Uint32Array(buffer, byteOffset, count * 4)
  const bytes = Buffer.from(buffer, byteOffset, count * 16)
  const entries = bytes.toString('latin1')
  const validity = inside.validity.data
  const isValid = (at: number): boolean => validity === null || (validity[at >> 6]! & (1n << BigInt(at & 63))) !== 0n
  const values = new Array<unknown>(count).fill('')
  for (let at = 0; at < count; at++) {
    const length = words[at * 4]!
    // What stands in the entry of a NULL means nothing.
    if (length === 0 || (validity !== null && !isValid(at))) continue
    if (length > 12) {
      at = fetchRun({ vector, view, words, isValid, values, count }, at)
      continue
    }
    const isPlain = ((words[at * 4 + 1]! | words[at * 4 + 2]! | words[at * 4 + 3]!) & 0x80808080) === 0
    const start = at * 16 + 4
    values[at] = isPlain ? entries.substring(start, start + length) : bytes.toString('utf8', start, start + length)
  }
  return values
}

interface Run {
  readonly vector: DuckDBVector
  readonly view: DataView<ArrayBuffer>
  readonly words: Uint32Array
  readonly isValid: (at: number) => boolean
  readonly values: unknown[]
  readonly count: number
}

const GAP = 64n

/** Reads the long texts from `first` on that lie in one block; returns the last entry read. */
function fetchRun({ vector, view, words, isValid, values, count }: Run, first: number): number {
  const pointer = (at: number): bigint => view.getBigUint64(at * 16 + 8, true)
  const start = pointer(first)
  let end = start + BigInt(words[first * 4]!)
  const members: number[] = [first]
  let next = first + 1
  for (; next < count; next++) {
    const length = words[next * 4]!
    if (length <= 12 || !isValid(next)) break
    const at = pointer(next)
    if (at < start || at > end + GAP) break
    if (at + BigInt(length) > end) end = at + BigInt(length)
    members.push(next)
  }
  const block = memory(vector, start, Number(end - start))
  const isPlain = isAscii(block)
  const text = isPlain ? block.toString('latin1') : ''
  for (const member of members) {
    const from = Number(pointer(member) - start)
    const to = from + words[member * 4]!
    values[member] = isPlain ? text.substring(from, to) : block.toString('utf8', from, to)
  }
  return next - 1
}

const ALWAYS = { itemValid: () => true } as unknown as ConstructorParameters<typeof DuckDBBlobVector>[1]

/** A copy of DuckDB's memory, through an entry of our own making. */
function memory(vector: DuckDBVector, pointer: bigint, length: number): Buffer {
  const entry = new DataView(new ArrayBuffer(16))
  entry.setUint32(0, length, true)
  entry.setBigUint64(8, pointer, true)
  const owner = (vector as unknown as { vector: ConstructorParameters<typeof DuckDBBlobVector>[2] }).vector
  return new DuckDBBlobVector(entry, ALWAYS, owner, 0, 1).getItem(0)!.bytes as Buffer
}
