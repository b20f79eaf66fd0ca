/** What the plugin `pgoutput` writes (protocol version 1, values as text), one message of the stream at a time. */

/** A column as the log describes it. */
export interface LogColumn {
  readonly name: string
  readonly type: number
  /** Its type's own number, such as a length; -1: it has none. */
  readonly modifier: number
  /** It belongs to the replica identity. */
  readonly isKey: boolean
}

/** A table as it was when the changes that follow were made. */
export interface LogRelation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** d: the primary key, n: nothing, f: the whole row, i: an index. */
  readonly identity: string
  readonly columns: readonly LogColumn[]
}

/** Where rows are made of the values of a message. */
export interface TupleReader<Tuple> {
  /** Called with each description of a table. @returns what reads its rows. */
  relation(relation: LogRelation): ReadTuple<Tuple>
}

/** Makes a row of the fields of a message. */
export type ReadTuple<Tuple> = (fields: TupleFields) => Tuple

/** The fields of one row, within the bytes of a message. */
export interface TupleFields {
  readonly bytes: Buffer
  readonly count: number
  /** Of each field: `n` NULL, `u` unchanged and not in the message, `t` text. */
  kindAt(index: number): number
  /** Where its text begins and ends. */
  fromAt(index: number): number
  toAt(index: number): number
}

export const NULL_FIELD = 0x6e
export const UNCHANGED_FIELD = 0x75
const TEXT_FIELD = 0x74

/** A message of the log. Times are microseconds of the epoch, transactions their low 32 bits. */
export type LogMessage<Tuple> =
  | { readonly tag: 'begin'; readonly commit: bigint; readonly at: bigint; readonly xid: number }
  | { readonly tag: 'commit'; readonly commit: bigint; readonly end: bigint; readonly at: bigint }
  | { readonly tag: 'relation'; readonly relation: LogRelation }
  | { readonly tag: 'insert'; readonly relation: LogRelation; readonly row: Tuple }
  | {
      readonly tag: 'update'
      readonly relation: LogRelation
      readonly row: Tuple
      /** Of a changed key, or of an identity that is the whole row; undefined: the key is as it was. */
      readonly before: Tuple | undefined
    }
  | { readonly tag: 'delete'; readonly relation: LogRelation; readonly before: Tuple }
  | { readonly tag: 'truncate'; readonly relations: readonly LogRelation[] }
  /** What says nothing of rows: a type, an origin, a message of a program. */
  | { readonly tag: 'other' }

/** The epoch of Postgres, 2000-01-01, in microseconds of ours. */
const EPOCH = 946_684_800_000_000n

/** A message that this version cannot read. */
export class UnknownLogMessage extends Error {}

/** Reads messages in their order; it remembers the tables that were described. */
export class PgOutput<Tuple> {
  readonly #reader: TupleReader<Tuple>
  readonly #relations = new Map<number, { readonly relation: LogRelation; readonly read: ReadTuple<Tuple> }>()
  readonly #fields = new MessageFields()

  constructor(reader: TupleReader<Tuple>) {
    this.#reader = reader
  }

  /** @throws UnknownLogMessage; RangeError where a message ends too early. */
  read(bytes: Buffer): LogMessage<Tuple> {
    const at = new Cursor(bytes)
    const tag = String.fromCharCode(at.uint8())
    switch (tag) {
      case 'B':
        return { tag: 'begin', commit: at.uint64(), at: at.uint64() + EPOCH, xid: at.uint32() }
      case 'C':
        at.uint8()
        return { tag: 'commit', commit: at.uint64(), end: at.uint64(), at: at.uint64() + EPOCH }
      case 'R':
        return { tag: 'relation', relation: this.#describe(at) }
      case 'I': {
        const { relation, read } = this.#relation(at)
        this.#expect(at, 'N')
        return { tag: 'insert', relation, row: this.#tuple(at, read) }
      }
      case 'U': {
        const { relation, read } = this.#relation(at)
        const kind = String.fromCharCode(at.uint8())
        if (kind === 'N') return { tag: 'update', relation, row: this.#tuple(at, read), before: undefined }
        if (kind !== 'K' && kind !== 'O') throw new UnknownLogMessage(`an update with a row "${kind}"`)
        const before = this.#tuple(at, read)
        this.#expect(at, 'N')
        return { tag: 'update', relation, row: this.#tuple(at, read), before }
      }
      case 'D': {
        const { relation, read } = this.#relation(at)
        const kind = String.fromCharCode(at.uint8())
        if (kind !== 'K' && kind !== 'O') throw new UnknownLogMessage(`a deletion with a row "${kind}"`)
        return { tag: 'delete', relation, before: this.#tuple(at, read) }
      }
      case 'T': {
        const count = at.uint32()
        at.uint8()
        return { tag: 'truncate', relations: Array.from({ length: count }, () => this.#relation(at).relation) }
      }
      case 'Y':
      case 'O':
      case 'M':
        return { tag: 'other' }
      default:
        throw new UnknownLogMessage(`a message "${tag}"`)
    }
  }

  #describe(at: Cursor): LogRelation {
    const oid = at.uint32()
    // What belongs to the system is described without its schema.
    const schema = at.text() || 'pg_catalog'
    const name = at.text()
    const identity = String.fromCharCode(at.uint8())
    const columns = Array.from({ length: at.uint16() }, () => {
      const isKey = (at.uint8() & 1) === 1
      return { isKey, name: at.text(), type: at.uint32(), modifier: at.int32() }
    })
    const relation = { oid, schema, name, identity, columns }
    this.#relations.set(oid, { relation, read: this.#reader.relation(relation) })
    return relation
  }

  #relation(at: Cursor): { readonly relation: LogRelation; readonly read: ReadTuple<Tuple> } {
    const oid = at.uint32()
    const known = this.#relations.get(oid)
    if (known === undefined) throw new UnknownLogMessage(`a change of the relation ${oid}, which was not described`)
    return known
  }

  #expect(at: Cursor, kind: string): void {
    const found = String.fromCharCode(at.uint8())
    if (found !== kind) throw new UnknownLogMessage(`a row "${found}" in the place of "${kind}"`)
  }

  #tuple(at: Cursor, read: ReadTuple<Tuple>): Tuple {
    at.fields(this.#fields)
    return read(this.#fields)
  }
}

/** The places of fields, kept from one row to the next. */
class MessageFields implements TupleFields {
  bytes: Buffer = Buffer.alloc(0)
  count = 0
  readonly kinds: number[] = []
  readonly froms: number[] = []
  readonly tos: number[] = []

  kindAt(index: number): number {
    return this.kinds[index]!
  }

  fromAt(index: number): number {
    return this.froms[index]!
  }

  toAt(index: number): number {
    return this.tos[index]!
  }
}

/** Reads the numbers and texts of a message one after another. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8))
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new RangeError('a text of a message does not end')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  fields(fields: MessageFields): void {
    const bytes = this.#bytes
    fields.bytes = bytes
    fields.count = this.uint16()
    for (let index = 0; index < fields.count; index++) {
      const kind = this.uint8()
      fields.kinds[index] = kind
      if (kind === NULL_FIELD || kind === UNCHANGED_FIELD) continue
      if (kind !== TEXT_FIELD) throw new UnknownLogMessage(`a value "${String.fromCharCode(kind)}"`)
      const from = this.#take(this.int32())
      fields.froms[index] = from
      fields.tos[index] = this.#at
    }
  }

  #take(length: number): number {
    const from = this.#at
    if (length < 0 || from + length > this.#bytes.length) throw new RangeError('a message ends within a value')
    this.#at += length
    return from
  }
}
