import { isUtf8 } from 'node:buffer'
import type pg from 'pg'
import type { Tap } from '../chunks.ts'
import type { Row, Selected } from '../database.ts'

/** Makes rows of an answer. */
export interface RowMaker {
  readonly names: readonly string[]
  readonly columns: readonly Selected[]
  /** Has every column, so that a copy of it is a row of the final shape, also for a column called `__proto__`. */
  readonly template: Row
}

export function rowMaker(columns: readonly Selected[]): RowMaker {
  return {
    names: columns.map((column) => column.name),
    columns,
    template: Object.fromEntries(columns.map((column) => [column.name, null])),
  }
}

/** Where rows go, each with about how many bytes it came in. */
export interface DataRowSink {
  readonly maker: RowMaker
  add(make: () => Row, bytes: number): void
  /** Takes rows as they came, two numbers a row: where its fields begin and end. Absent: it takes them one by one. */
  addBinary?: ((bytes: Buffer, offsets: Uint32Array) => void) | undefined
}

const DATA_ROW = 68
/** Where the fields of a row begin: behind its kind, its length and their number. */
const FIELDS = 7

// Beyond it, looking for a byte that is not ASCII costs more than decoding.
const SHORT = 64

function textAt(bytes: Buffer, latin1: string, from: number, to: number): string | Uint8Array {
  if (to - from > SHORT) return utf8At(bytes, from, to)
  let all = 0
  for (let at = from; at < to; at++) all |= bytes[at]!
  return all < 128 ? latin1.substring(from, to) : utf8At(bytes, from, to)
}

/** A server without an encoding (SQL_ASCII) sends any bytes: they stay bytes, which no text column takes, and are not changed. */
export function utf8At(bytes: Buffer, from: number, to: number): string | Uint8Array {
  const text = bytes.toString('utf8', from, to)
  if (!text.includes('\uFFFD') || isUtf8(bytes.subarray(from, to))) return text
  return new Uint8Array(bytes.subarray(from, to))
}

/** Makes a row of one message `DataRow`. `latin1` is the same bytes as a text, which is cut and not decoded again. */
function rowAt(bytes: Buffer, latin1: string, start: number, { names, columns, template }: RowMaker): Row {
  const row = { ...template }
  let at = start + FIELDS
  for (let index = 0; index < names.length; index++) {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length === -1) continue
    const from = at
    at += length
    const { decode, decodeAt, ascii } = columns[index]!
    if (decodeAt !== undefined) {
      row[names[index]!] = decodeAt(bytes, from, at)
      continue
    }
    const field = ascii === true ? latin1.substring(from, at) : textAt(bytes, latin1, from, at)
    row[names[index]!] = decode === undefined || typeof field !== 'string' ? field : decode(field as never)
  }
  return row
}

interface Wire {
  readonly connection: { readonly stream: NodeJS.ReadableStream }
}

/**
 * Reads the rows of an answer straight from the connection, a third faster than the driver, which makes a message
 * object and a text of its own for every field. Everything that is not a row goes to the driver as it came.
 */
export class DataRowParser implements Tap {
  readonly #stream: NodeJS.ReadableStream
  #sink: DataRowSink | undefined
  #pending: Buffer[] = []
  #gathered = 0
  #needed = 0
  readonly #pass: ((chunk: Buffer) => void) | undefined

  constructor(client: pg.Client) {
    const { stream } = (client as unknown as Wire).connection
    this.#stream = stream
    const listeners = stream.listeners('data')
    // Another version of the driver may listen in another way: then it reads the rows itself.
    if (listeners.length !== 1) return
    this.#pass = listeners[0] as (chunk: Buffer) => void
    stream.removeAllListeners('data')
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /** Rows are read here, and not by the driver. */
  get isReading(): boolean {
    return this.#pass !== undefined
  }

  /** From here on rows go into the sink. To be called while nothing is on its way. */
  open(sink: DataRowSink): void {
    this.#sink = sink
  }

  close(): void {
    this.#sink = undefined
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  #take(chunk: Buffer): void {
    const sink = this.#sink
    if (sink === undefined && this.#gathered === 0) {
      this.#pass!(chunk)
      return
    }
    this.#pending.push(chunk)
    this.#gathered += chunk.length
    // A row of a hundred megabytes comes in thousands of chunks: they are put together once.
    if (this.#gathered < this.#needed) return
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#gathered)
    const used = this.#split(bytes, sink)
    const rest = bytes.length - used
    this.#pending = rest === 0 ? [] : [bytes.subarray(used)]
    this.#gathered = rest
    this.#needed = rest < 5 ? 5 : 1 + bytes.readInt32BE(used + 1)
  }

  /** Takes in all messages that are complete; gives how many bytes they were. */
  #split(bytes: Buffer, sink: DataRowSink | undefined): number {
    const addBinary = sink?.addBinary?.bind(sink)
    const latin1 = addBinary === undefined ? bytes.toString('latin1') : ''
    let offsets: number[] = []
    const give = (): void => {
      if (offsets.length > 0) addBinary!(bytes, Uint32Array.from(offsets))
      offsets = []
    }
    let at = 0
    while (at + 5 <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1)
      if (end > bytes.length) break
      const start = at
      if (bytes[at] !== DATA_ROW || sink === undefined) {
        // It may say that the answer is over.
        give()
        this.#pass!(bytes.subarray(at, end))
      } else if (addBinary === undefined) sink.add(() => rowAt(bytes, latin1, start, sink.maker), end - start)
      else offsets.push(start + FIELDS, end)
      at = end
    }
    give()
    return at
  }
}
