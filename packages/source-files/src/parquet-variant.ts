import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { chunksOf, literal } from './duckdb.ts'
import type { SchemaElement } from './parquet-element.ts'
import type { ParquetField } from './parquet-field.ts'
import type { Footer } from './parquet-footer.ts'
import { plainGroup, renamed, type Schema } from './parquet-schema.ts'

// A VARIANT may be in parts: what has one type in a column of its own ("typed_value"), the rest as bytes ("value"). Both
// together are two values, unless they are an object's fields, and others. DuckDB then takes one of them.
// https://github.com/apache/parquet-format/blob/master/VariantShredding.md

const VALUE = 'value'
const TYPED = 'typed_value'
const METADATA = 'metadata'
/** The name that the metadata has in the schema of groups: no other struct is taken for a VARIANT. */
const MARK = 'metadata of a VARIANT'

export const isInParts = ({ element, below }: ParquetField): boolean =>
  [element, ...below].some(({ isVariant }) => isVariant) && below.some(({ name }) => name === TYPED)

/** Why the values of a column cannot be read: bytes of one length that are no UUID are no value of a VARIANT. */
export function variantProblem(field: ParquetField): string | undefined {
  if (!isInParts(field)) return undefined
  const isWrong = field.below.some(
    ({ name, fixedLength, isUuid, decimal }) =>
      name === TYPED && fixedLength !== undefined && !isUuid && decimal === undefined,
  )
  return isWrong
    ? `is a VARIANT with bytes of one length that are no UUID, which its specification does not know: write it again`
    : undefined
}

/** The schema in which a VARIANT in parts is the groups that it is made of; undefined where no column is one. */
export function schemaOfGroups(footer: Footer, fields: readonly ParquetField[]): Schema | undefined {
  const inParts = new Set(fields.filter(isInParts).flatMap(({ element, below }) => [element, ...below]))
  if (inParts.size === 0) return undefined
  let metadata: SchemaElement | undefined
  return footer.schema.map((element, at) => {
    if (!inParts.has(element)) return element.fields
    if (element.isVariant) metadata = metadataOf(footer.schema, at)
    if (element === metadata) return renamed(element, MARK)
    return element.isVariant ? plainGroup(element) : element.fields
  })
}

/** Which of the elements below a VARIANT is its metadata. */
function metadataOf(schema: readonly SchemaElement[], variant: number): SchemaElement | undefined {
  let at = variant + 1
  for (let child = 0; child < schema[variant]!.children; child++) {
    const element = schema[at]
    if (element?.name === METADATA && element.isLeaf) return element
    for (let left = 1; left > 0; at++) left += (schema[at]?.children ?? 0) - 1
  }
  return undefined
}

/** Whether a VARIANT in a column, of a file with the schema of groups, has two values for the same thing. */
export async function hasConflict(
  connection: DuckDBConnection,
  from: string,
  column: string,
  signal: AbortSignal,
): Promise<boolean> {
  const type = (await connection.run(`SELECT ${column} FROM ${from} LIMIT 0`)).columnTypes()[0]!
  const isDouble = doubled(type, column, 0)
  if (isDouble === undefined) return false
  const query = `SELECT ${column} FROM ${from} WHERE ${isDouble}`
  for await (const chunk of chunksOf(connection, query, [String(type)], signal))
    if (chunk.getColumnValues(0).some((value) => isConflict(value, type))) return true
  return false
}

/** Whether in some place both parts are there, as a condition; undefined where no place has both. */
function doubled(type: DuckDBType, value: string, depth: number, isIn = false): string | undefined {
  if (type instanceof DuckDBListType) return anyDoubled(type.valueType, value, depth, isIn)
  if (type instanceof DuckDBMapType) return anyDoubled(type.valueType, `map_values(${value})`, depth, isIn)
  if (!(type instanceof DuckDBStructType)) return undefined
  if (!isIn && !type.entryNames.includes(MARK)) return anyOf(doubledEntries(type, value, depth, false))
  const typed = typedOf(type)
  if (typed === undefined) return undefined
  const [rest, own] = [part(value, VALUE), part(value, TYPED)]
  const both = type.entryNames.includes(VALUE) ? `(${rest} IS NOT NULL AND ${own} IS NOT NULL)` : undefined
  const below =
    typed instanceof DuckDBStructType ? doubledEntries(typed, own, depth, true) : [doubled(typed, own, depth, true)]
  return anyOf([both, ...below])
}

function anyDoubled(type: DuckDBType, list: string, depth: number, isIn: boolean): string | undefined {
  const condition = doubled(type, `x${depth}`, depth + 1, isIn)
  return condition && `len(list_filter(${list}, lambda x${depth}: ${condition})) > 0`
}

function doubledEntries(type: DuckDBStructType, value: string, depth: number, isIn: boolean) {
  return type.entryTypes.map((entry, at) => doubled(entry, part(value, type.entryNames[at]!), depth, isIn))
}

const part = (struct: string, name: string): string => `struct_extract(${struct}, ${literal(name)})`

function anyOf(conditions: readonly (string | undefined)[]): string | undefined {
  const some = conditions.filter((one) => one !== undefined)
  return some.length === 0 ? undefined : `coalesce(${some.join(' OR ')}, false)`
}

function typedOf(type: DuckDBStructType): DuckDBType | undefined {
  const at = type.entryNames.indexOf(TYPED)
  return at < 0 ? undefined : type.entryTypes[at]
}

/** Whether both parts say a value of the same thing. `metadata` is of the VARIANT around it. */
function isConflict(value: DuckDBValue, type: DuckDBType, metadata?: Uint8Array): boolean {
  if (value instanceof DuckDBListValue && type instanceof DuckDBListType)
    return value.items.some((item) => isConflict(item, type.valueType, metadata))
  if (value instanceof DuckDBMapValue && type instanceof DuckDBMapType)
    return value.entries.some((entry) => isConflict(entry.value, type.valueType, metadata))
  if (!(value instanceof DuckDBStructValue && type instanceof DuckDBStructType)) return false
  const own = bytesOf(value.entries[MARK]) ?? metadata
  if (own === undefined)
    return type.entryNames.some((name, at) => isConflict(value.entries[name]!, type.entryTypes[at]!))
  const typed = value.entries[TYPED]
  const typedType = typedOf(type)
  if (typed === undefined || typed === null || typedType === undefined) return false
  const bytes = bytesOf(value.entries[VALUE])
  if (!(typedType instanceof DuckDBStructType && typed instanceof DuckDBStructValue))
    return bytes !== undefined || isConflict(typed, typedType, own)
  if (bytes !== undefined && fieldsOf(bytes, own)?.some((name) => typedType.entryNames.includes(name)) !== false)
    return true
  return typedType.entryNames.some((name, at) => isConflict(typed.entries[name]!, typedType.entryTypes[at]!, own))
}

const bytesOf = (value: DuckDBValue | undefined): Uint8Array | undefined =>
  value instanceof DuckDBBlobValue ? value.bytes : undefined

const OBJECT = 2

/** The names of the fields of an object as a VARIANT encodes it; undefined where it is no object. */
function fieldsOf(value: Uint8Array, metadata: Uint8Array): readonly string[] | undefined {
  const head = value[0] ?? 0
  if ((head & 3) !== OBJECT) return undefined
  const width = ((head >> 4) & 3) + 1
  const isLarge = (head & 64) !== 0
  const count = unsigned(value, 1, isLarge ? 4 : 1)
  const from = isLarge ? 5 : 2
  return Array.from({ length: count }, (_, at) => nameAt(metadata, unsigned(value, from + at * width, width)))
}

/** A name in the dictionary of a VARIANT. */
function nameAt(metadata: Uint8Array, id: number): string {
  const width = ((metadata[0] ?? 0) >> 6) + 1
  const count = unsigned(metadata, 1, width)
  const offset = (nth: number): number => unsigned(metadata, 1 + width * (1 + nth), width)
  const names = 1 + width * (count + 2)
  return Buffer.from(metadata.subarray(names + offset(id), names + offset(id + 1))).toString()
}

function unsigned(bytes: Uint8Array, at: number, width: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUIntLE(at, width)
}
