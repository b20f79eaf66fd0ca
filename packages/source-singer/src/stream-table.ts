import { type Change, type Column, type FeedTable, keepTypes, type RowSchema, rowOf } from '@tidemark/core'
import { decimalText, fits, type JsonConverter, jsonConverter } from '@tidemark/core/values'
import { columnsOfSchema } from './json-schema.ts'
import { ROW_HASH, rowHashOf } from './row-hash.ts'
import type { SelectedStream } from './selected-stream.ts'

type Table = FeedTable<unknown, RowSchema, readonly string[]>
type Changes = readonly Change<unknown>[]
type Row = Record<string, unknown>

/** More rows are not kept before they are yielded. */
const MAX_ROWS_KEPT = 500

interface Place {
  readonly name: string
  readonly column: Column
  readonly convert: JsonConverter
}

/** The table of a stream: makes its rows of records, in the columns that it has now. */
export class StreamTable {
  readonly stream: SelectedStream
  readonly table: Table
  readonly key: readonly string[]
  #columns: readonly Column[]
  #places: readonly Place[]
  #rows: Row[] = []
  #deleted: Row[] = []

  /** @param key the columns of the table's key, which may be a hash of the row. */
  constructor(
    stream: SelectedStream,
    table: Table,
    { columns, key }: { readonly columns: readonly Column[]; readonly key: readonly string[] },
  ) {
    this.stream = stream
    this.table = table
    this.key = key
    this.#columns = columns
    this.#places = this.#placesOf(columns)
  }

  /** Forgets what a run took that was not yielded. */
  discard(): void {
    this.#rows = []
    this.#deleted = []
  }

  /** What a schema that the tap sends changes: columns that are new or wider. One that it no longer names stays. */
  takeSchema(schema: Readonly<Record<string, unknown>>): Changes {
    const known = new Map(this.#columns.map((column) => [column.name, column]))
    const now = keepTypes(columnsOf(this.stream, schema), this.#columns)
    const names = new Set(now.map(({ name }) => name))
    const isSame = now.every(({ name, type }) => known.get(name)?.type === type)
    return isSame ? [] : this.#become([...now, ...this.#columns.filter(({ name }) => !names.has(name))])
  }

  /** Takes a record: it is yielded with others. */
  takeRecord(record: Row): Changes {
    const { rowHash, deleted } = this.stream.options
    if (this.key.length > 0 && deleted !== false && isSet(record[deleted])) return this.#delete(record)
    if (rowHash && this.key[0] === ROW_HASH) record[ROW_HASH] = rowHashOf(record)
    const wider = this.#convert(record)
    const changes = wider.size === 0 ? this.#flushedDeletions() : this.#widen(wider)
    if (wider.size > 0) this.#convert(record)
    this.#rows.push(record)
    return this.#rows.length < MAX_ROWS_KEPT ? changes : [...changes, ...this.flush()]
  }

  /** The changes of all records that were taken. */
  flush(): Changes {
    return [...this.#flushedRows(), ...this.#flushedDeletions()]
  }

  #delete(record: Row): Changes {
    const changes = this.#flushedRows()
    this.#convert(record)
    this.#deleted.push(Object.fromEntries(this.key.map((name) => [name, record[name]])))
    return this.#deleted.length < MAX_ROWS_KEPT ? changes : [...changes, ...this.#flushedDeletions()]
  }

  #flushedRows(): Changes {
    if (this.#rows.length === 0) return NO_CHANGES
    const rows = this.#rows
    this.#rows = []
    return [this.table.upserted(rows)]
  }

  #flushedDeletions(): Changes {
    if (this.#deleted.length === 0) return NO_CHANGES
    const keys = this.#deleted
    this.#deleted = []
    return [this.table.deleted(keys)]
  }

  /** Makes values those of their columns, in place. @returns columns of numbers that do not hold one. */
  #convert(record: Row): ReadonlySet<string> {
    let wider: Set<string> | undefined
    for (const { name, column, convert } of this.#places) {
      const value = Object.hasOwn(record, name) ? record[name] : undefined
      if (value === undefined || value === null) continue
      const converted = convert(value)
      if (converted !== value) record[name] = converted
      if (
        column.fixed !== true &&
        isNumber(column) &&
        !fits(converted, column.type) &&
        decimalText(value) !== undefined
      )
        wider = (wider ?? new Set()).add(name)
    }
    return wider ?? NOTHING
  }

  /** A number that is no integer of 64 bits, or that no double holds, is a decimal: so is its column from here on. */
  #widen(names: ReadonlySet<string>): Changes {
    return this.#become(
      this.#columns.map((column) => (names.has(column.name) ? { ...column, type: 'numeric' } : column)),
    )
  }

  #become(columns: readonly Column[]): Changes {
    const before = this.flush()
    this.#columns = columns
    this.#places = this.#placesOf(columns)
    return [...before, this.table.schemaChanged(rowOf(columns))]
  }

  #placesOf(columns: readonly Column[]): readonly Place[] {
    const { options } = this.stream
    return columns.flatMap((column) => {
      const { name, type } = column
      const isDeclared = Object.hasOwn(options.columns, name)
      return type === 'json' || type === 'date' ? [] : [{ name, column, convert: converterOf(column, isDeclared) }]
    })
  }
}

const NOTHING: ReadonlySet<string> = new Set()
const NO_CHANGES: Changes = []

/** The columns of a stream's table, as a schema describes them. */
export function columnsOf(stream: SelectedStream, schema: Readonly<Record<string, unknown>>): readonly Column[] {
  const { options, key } = stream
  const { deleted } = options
  // Its value says that the row is gone, and is not stored.
  const omitted = key.length > 0 && deleted !== false ? new Set([...stream.omitted, deleted]) : stream.omitted
  const columns = columnsOfSchema(schema, { key, types: options.columns, omitted })
  return options.rowHash && key.length === 0 ? [{ name: ROW_HASH, type: 'text', nullable: false }, ...columns] : columns
}

/** A type that the schema says is meant, but for numbers: their digits stay. */
function converterOf({ type }: Column, isDeclared: boolean): JsonConverter {
  const convert = jsonConverter(type, isDeclared || (type !== 'double' && type !== 'numeric'))
  return type === 'double' ? (value) => NOT_FINITE.get(value) ?? convert(value) : convert
}

const NOT_FINITE = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const isNumber = ({ type }: Column): boolean => type === 'integer' || type === 'double'
const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== ''
