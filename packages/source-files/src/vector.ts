import { isAscii } from 'node:buffer'
import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api'
import { driver } from './driver.ts'
import { dayText, farTimeText, TimeTexts } from './time-texts.ts'

/** How the values of a result column lie in memory, and what becomes of them. */
export type Layout = 'number' | 'int64' | 'date' | 'local' | 'instant' | 'string' | 'other'

// `getItem` makes an object a value and crosses into native code for every longer text, 2 µs each. The vectors keep
// their memory in fields that their types hide; the version of the package is pinned, and a test reads every layout.
interface Inside {
  readonly items?: ArrayLike<number> & { readonly buffer: ArrayBuffer; readonly byteOffset: number }
  readonly dataView?: DataView<ArrayBuffer>
  readonly validity: { readonly data: BigUint64Array<ArrayBuffer> | null }
}

/** Rows of a chunk: from one on, up to another. */
export interface Slice {
  readonly from: number
  readonly to: number
}

/** About how many bytes of texts and blobs are made values of at a time. */
const SLICE_BYTES = 4 << 20

/** A chunk cut by the bytes of its texts and blobs: it has 2,048 rows, however wide they are. */
export function slicesOf(chunk: DuckDBDataChunk, columns: number): readonly Slice[] {
  const count = chunk.rowCount
  const lengths = Array.from({ length: columns }, (_, column) => lengthsOf(chunk.getColumnVector(column), count))
  const slices: Slice[] = []
  let from = 0
  let bytes = 0
  for (let at = 0; at < count; at++) {
    for (const lengthAt of lengths) if (lengthAt !== undefined) bytes += lengthAt(at)
    if (bytes < SLICE_BYTES && at + 1 < count) continue
    slices.push({ from, to: at + 1 })
    from = at + 1
    bytes = 0
  }
  return slices
}

/** How long the texts or blobs of a column are, in bytes; undefined where it holds neither. */
function lengthsOf(vector: DuckDBVector, count: number): ((at: number) => number) | undefined {
  const duckdb = driver()
  if (!(vector instanceof duckdb.DuckDBVarCharVector || vector instanceof duckdb.DuckDBBlobVector)) return undefined
  const { dataView, validity } = vector as unknown as Inside
  const words = new Uint32Array(dataView!.buffer, dataView!.byteOffset, count * 4)
  const isValid = validOf(validity.data)
  return (at) => (isValid(at) ? words[at * 4]! : 0)
}

/** Whether a value is there: what stands in the entry of a NULL means nothing. */
function validOf(validity: BigUint64Array<ArrayBuffer> | null): (at: number) => boolean {
  if (validity === null) return () => true
  const bits = new Uint8Array(validity.buffer, validity.byteOffset, validity.byteLength)
  return (at) => (bits[at >> 3]! & (1 << (at & 7))) !== 0
}

/** The values of some rows of one column of a chunk as JavaScript has them; times as ISO text. */
export function valuesOf(chunk: DuckDBDataChunk, column: number, layout: Layout, rows: Slice): unknown[] {
  const vector = chunk.getColumnVector(column)
  const inside = vector as unknown as Inside
  const values = read(vector, inside, layout, rows)
  if (inside.validity.data !== null) {
    const isValid = validOf(inside.validity.data)
    for (let at = rows.from; at < rows.to; at++) if (!isValid(at)) values[at - rows.from] = null
  }
  return values
}

function read(vector: DuckDBVector, inside: Inside, layout: Layout, rows: Slice): unknown[] {
  switch (layout) {
    case 'other':
      return Array.from({ length: rows.to - rows.from }, (_, at) => vector.getItem(rows.from + at))
    case 'string':
      return strings(vector, inside, rows)
    case 'int64':
      return wide(
        inside,
        rows,
        (_at, number) => number,
        (big) => big,
      )
    case 'local':
      return times(inside, rows, '')
    case 'instant':
      return times(inside, rows, 'Z')
    case 'date':
      return numbers(inside, rows).map(dayText)
    default:
      return numbers(inside, rows)
  }
}

function numbers(inside: Inside, { from, to }: Slice): number[] {
  const { items } = inside
  const values = new Array<number>(to - from)
  for (let at = from; at < to; at++) values[at - from] = items![at]!
  return values
}

/** Integers of 64 bits, read as two halves: a bigint a value would cost more than everything else. */
function wide(
  inside: Inside,
  { from, to }: Slice,
  small: (at: number, value: number) => unknown,
  big: (value: bigint) => unknown,
): unknown[] {
  const { buffer, byteOffset } = inside.items!
  const halves = new Int32Array(buffer, byteOffset, to * 2)
  const values = new Array<unknown>(to - from)
  for (let at = from; at < to; at++) {
    const high = halves[at * 2 + 1]!
    values[at - from] =
      // Not -2^53 itself: no number says that it is not the one below.
      high < 0x200000 && (high > -0x200000 || (high === -0x200000 && halves[at * 2] !== 0))
        ? small(at - from, high * 0x1_0000_0000 + (halves[at * 2]! >>> 0))
        : big(new BigInt64Array(buffer, byteOffset + at * 8, 1)[0]!)
  }
  return values
}

/** Times as ISO texts. */
function times(inside: Inside, rows: Slice, zone: '' | 'Z'): unknown[] {
  const texts = new TimeTexts(rows.to - rows.from, zone)
  const far = wide(
    inside,
    rows,
    (at, micros) => texts.add(at, micros),
    (big) => farTimeText(big, zone),
  )
  return texts.all(far as (string | undefined)[])
}

/**
 * Texts. DuckDB keeps one of up to 12 bytes in its entry of 16, and points to a longer one. Longer ones lie one behind
 * the other in blocks, so a run of them is fetched in one go. Two that lie within a page of memory of each other are
 * both mapped, and so is what is between them.
 */
function strings(vector: DuckDBVector, inside: Inside, { from, to }: Slice): unknown[] {
  const view = inside.dataView!
  const { buffer, byteOffset } = view
  const words = new Uint32Array(buffer, byteOffset, to * 4)
  const bytes = Buffer.from(buffer, byteOffset + from * 16, (to - from) * 16)
  const entries = bytes.toString('latin1')
  const isValid = validOf(inside.validity.data)
  const values = new Array<unknown>(to - from).fill('')
  for (let at = from; at < to; at++) {
    const length = words[at * 4]!
    if (length === 0 || !isValid(at)) continue
    if (length > 12) {
      at = fetchRun({ vector, view, words, isValid, values, rows: { from, to } }, at)
      continue
    }
    const isPlain = ((words[at * 4 + 1]! | words[at * 4 + 2]! | words[at * 4 + 3]!) & 0x80808080) === 0
    const start = (at - from) * 16 + 4
    const end = start + length
    values[at - from] = isPlain ? entries.substring(start, end) : bytes.toString('utf8', start, end)
  }
  return values
}

interface Run {
  readonly vector: DuckDBVector
  readonly view: DataView<ArrayBuffer>
  readonly words: Uint32Array
  readonly isValid: (at: number) => boolean
  readonly values: unknown[]
  readonly rows: Slice
}

const GAP = 64n

/** Reads the long texts from `first` on that lie in one block; returns the last entry read. */
function fetchRun({ vector, view, words, isValid, values, rows }: Run, first: number): number {
  const pointer = (at: number): bigint => view.getBigUint64(at * 16 + 8, true)
  const start = pointer(first)
  let end = start + BigInt(words[first * 4]!)
  const members: number[] = [first]
  let next = first + 1
  for (; next < rows.to; next++) {
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
    values[member - rows.from] = isPlain ? text.substring(from, to) : block.toString('utf8', from, to)
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
  return new (driver().DuckDBBlobVector)(entry, ALWAYS, owner, 0, 1).getItem(0)!.bytes as Buffer
}
