import { createHash } from 'node:crypto'
import { type Column, type ColumnType, keepTypes, type RowSchema, rowOf, SyncError, UNCHANGED } from '@tidemark/core'
import { COLUMN_TYPE_TRAITS, exactJsonText, Kind, typeOfKinds } from '@tidemark/core/values'
import { type ConvertValue, valueConverter } from './convert-value.ts'
import type { DeclaredTable } from './declared-table.ts'
import type { PythonRow, RowOperation } from './operation.ts'
import { kindOf, TypedValue } from './typed-value.ts'

/** The key of a table without one: a hash of its row. Fivetran calls it so, too. */
export const ROW_HASH = '_fivetran_id'

interface ShapeColumn {
  readonly name: string
  /** Undefined: no value was seen yet. */
  type: ColumnType | undefined
  /** schema() says its type. */
  readonly isDeclared: boolean
  /** Its type stays, whatever comes. */
  readonly isFixed: boolean
  /** Kinds of values that were seen. */
  kinds: number
  /** Kinds that its type holds. */
  held: number
  convert: ConvertValue
}

const ANY_KIND = -1

/** The columns of a table, as far as they are known by now. */
export class TableShape {
  readonly name: string
  readonly primaryKey: readonly string[]
  readonly #columns = new Map<string, ShapeColumn>()
  /** Grows with every change of its columns. */
  version = 0
  /** Whether a row of it was seen. */
  isSeen = false
  #hasNews = false
  /** Undefined: not known since its columns changed. */
  #isPlain: boolean | undefined

  /** @param known what the state knows of the table. */
  constructor(
    name: string,
    declared: DeclaredTable | undefined,
    known?: { readonly columns: readonly Column[]; readonly primaryKey: readonly string[] },
  ) {
    this.name = name
    const own = declared === undefined ? (known?.primaryKey ?? []) : declared.primaryKey
    this.primaryKey = own.length === 0 ? [ROW_HASH] : own
    if (own.length === 0 || own[0] === ROW_HASH) this.#add(ROW_HASH, 'text', true, true)
    const before = new Map((known?.columns ?? []).map((column) => [column.name, column]))
    for (const column of this.primaryKey) {
      this.#addKnown(column, declared?.columns.get(column), before.get(column))
      // The key of a table is another one now: the engine pauses it, as long as it is listed.
      if (known !== undefined && !before.has(column))
        this.#give(this.#columns.get(column)!, declared?.columns.get(column) ?? 'text')
    }
    for (const [column, type] of declared?.columns ?? []) this.#addKnown(column, type, before.get(column))
    for (const column of before.values()) this.#addKnown(column.name, undefined, column)
  }

  /** Whether rows can be written: the type of each column of its key is known. */
  get isComplete(): boolean {
    return this.primaryKey.every((name) => this.#columns.get(name)?.type !== undefined)
  }

  /** The schema of its rows. */
  get row(): RowSchema {
    const columns = [...this.#columns.values()].flatMap(({ name, type }) =>
      type === undefined ? [] : [{ name, type }],
    )
    return rowOf(columns.map((one) => (this.primaryKey.includes(one.name) ? { ...one, nullable: false } : one)))
  }

  /** Takes in the values of a row. */
  see(row: PythonRow): void {
    this.isSeen = true
    for (const name in row) {
      const kind = kindOf(row[name])
      const column = this.#columns.get(name) ?? this.#add(name, undefined, false, false)
      if ((kind & ~column.held) === 0) continue
      column.kinds |= kind
      this.#hasNews = true
    }
  }

  /**
   * Decides on the types of what was seen, once for many rows.
   *
   * @throws SyncError `fix-source` where a key would need another type.
   */
  decideTypes(): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    const before = [...this.#columns.values()].map(({ type }) => type)
    for (const column of this.#columns.values()) {
      if (column.kinds === Kind.none || (column.kinds & ~column.held) === 0) continue
      this.#give(column, this.#typeFor(column))
      // What its type does not hold now, it will not hold the next time: the row schema refuses it.
      column.held |= column.kinds
    }
    if ([...this.#columns.values()].some(({ type }, at) => type !== before[at])) this.version++
  }

  /** The row of an operation as the engine takes it. @throws SyncError `fix-source` where an update lacks a column of the key. */
  rowOf(operation: RowOperation): PythonRow {
    return (operation.kind === 'upsert' ? this.#nearlyAsItIs(operation.row) : undefined) ?? this.#madeOf(operation)
  }

  /** A row of which most values need no change; undefined: it is made value by value. */
  #nearlyAsItIs(row: PythonRow): PythonRow | undefined {
    this.#isPlain ??= this.#hasPlainColumns()
    if (!this.#isPlain) return undefined
    let made: Record<string, unknown> | undefined
    for (const name in row) {
      const value = row[name]
      if (value === null || value === undefined) continue
      const converted = this.#columns.get(name)!.convert(value)
      if (converted === value) continue
      made ??= { ...row }
      made[name] = converted
    }
    return made ?? row
  }

  /** Whether all that a row has becomes a value of it, and nothing else does. */
  #hasPlainColumns(): boolean {
    const isPlain = ({ name, type }: ShapeColumn) => type !== undefined && !(name in {})
    return this.primaryKey[0] !== ROW_HASH && [...this.#columns.values()].every(isPlain)
  }

  #madeOf(operation: RowOperation): Record<string, unknown> {
    const { kind, row } = operation
    const made: Record<string, unknown> = {}
    if (kind === 'update') {
      this.keyOf(operation)
      for (const { name, type } of this.#columns.values()) if (type !== undefined) setField(made, name, UNCHANGED)
    }
    for (const name in row) {
      const column = this.#columns.get(name)!
      const value = row[name]
      if (column.type !== undefined)
        setField(made, name, value === null || value === undefined ? null : column.convert(value))
    }
    // What every object inherits is not a value of a row.
    for (const name of this.#columns.keys()) if (name in {} && !Object.hasOwn(made, name)) setField(made, name, null)
    if (this.primaryKey[0] === ROW_HASH && !Object.hasOwn(row, ROW_HASH)) made[ROW_HASH] = hashOf(row)
    return made
  }

  /** The key that a deletion or an update names. @throws SyncError `fix-source` where it lacks a column. */
  keyOf({ kind, row }: RowOperation): Record<string, unknown> {
    const lacking = this.primaryKey.filter((name) => row[name] === null || row[name] === undefined)
    if (lacking.length > 0) {
      const how = `${kind}(table=${JSON.stringify(this.name)}, …)`
      throw new SyncError(
        lacking[0] === ROW_HASH
          ? `${how}: the table has no primary key, so no row of it can be named; declare "primary_key" in schema()`
          : `${how} lacks ${lacking.map((name) => `"${name}"`).join(', ')}; it needs every column of the primary key`,
        'fix-source',
        { code: 'incomplete-key' },
      )
    }
    return Object.fromEntries(this.primaryKey.map((name) => [name, this.#columns.get(name)!.convert(row[name])]))
  }

  #typeFor(column: ShapeColumn): ColumnType | undefined {
    const { name, type, kinds } = column
    const isKey = this.primaryKey.includes(name)
    const found = typeOfKinds(kinds, isKey ? 'text' : 'json', type) ?? 'text'
    if (type === undefined) return found
    if (isKey) this.#failKey(name, type, found)
    const [kept] = keepTypes([{ name, type: found }], [{ name, type, ...(column.isFixed ? { fixed: true } : {}) }])
    const grown = kept!.type
    // Where no type holds both, what does not fit is rejected row by row.
    return COLUMN_TYPE_TRAITS[type].widensTo.includes(grown) ? grown : type
  }

  #failKey(name: string, type: ColumnType, found: ColumnType): never {
    throw new SyncError(
      `table "${this.name}": its key "${name}" was ${type} so far, and a row has ${found} there; give the type that holds both in schema(), as in "columns": {"${name}": "STRING"}, and run tidemark resync for the table`,
      'fix-source',
      { code: 'key-type-changed' },
    )
  }

  #addKnown(name: string, declared: ColumnType | undefined, known: Column | undefined): void {
    if (this.#columns.has(name)) return
    this.#add(name, declared ?? known?.type, declared !== undefined, declared !== undefined || known?.fixed === true)
  }

  #add(name: string, type: ColumnType | undefined, isDeclared: boolean, isFixed: boolean): ShapeColumn {
    const column: ShapeColumn = {
      name,
      type,
      isDeclared,
      isFixed,
      kinds: Kind.none,
      held: 0,
      convert: (value) => value,
    }
    this.#give(column, type)
    this.#columns.set(name, column)
    this.#isPlain = undefined
    return column
  }

  #give(column: ShapeColumn, type: ColumnType | undefined): void {
    column.type = type
    this.#isPlain = undefined
    if (type === undefined) return
    column.convert = valueConverter(type, column.isDeclared)
    // A text takes whatever can be written as one; what a declared column takes, its converter knows.
    const isAny = column.isFixed || type === 'json' || type === 'text'
    column.held = isAny ? ANY_KIND : (COLUMN_TYPE_TRAITS[type].holds ?? ANY_KIND)
  }
}

/** A hash of a row, the same whatever the order of its fields. What is NULL counts as absent. */
function hashOf(row: PythonRow): string {
  const fields = Object.keys(row)
    .filter((name) => row[name] !== null && row[name] !== undefined)
    .sort()
    .map((name) => [name, hashed(row[name])])
  return createHash('sha256').update(exactJsonText(fields)).digest('base64url')
}

const hashed = (value: unknown): unknown => (value instanceof TypedValue ? { [value.letter]: value.text } : value)

/** Sets a field, also one named `__proto__`. */
function setField(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
  else row[name] = value
}
