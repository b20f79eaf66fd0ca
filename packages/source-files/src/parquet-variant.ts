import type { DuckDBStructType, DuckDBType } from '@duckdb/node-api'
import { isRawNumber } from '@tidemark/core/values'
import type { Convert } from './convert.ts'
import { driver } from './driver.ts'
import { bytesFromJson } from './duckdb-text.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { Misfit } from './misfit.ts'
import type { SchemaElement } from './parquet-element.ts'
import type { ParquetField } from './parquet-field.ts'
import type { Raw } from './parquet-raw.ts'
import { plainGroup, renamed } from './parquet-schema.ts'
import type { RawField } from './thrift.ts'
import { variantNames, variantValue } from './variant-value.ts'

// A VARIANT is read as the group that it is, and put together here. It may be in parts: what has one type in a column of
// its own ("typed_value"), the rest as bytes ("value"). Both together are two values, unless they are an object's fields,
// and others; DuckDB would take one of them.
// https://github.com/apache/parquet-format/blob/master/VariantShredding.md

const VALUE = 'value'
const TYPED = 'typed_value'
const METADATA = 'metadata'
/** The name that the metadata has in the schema with which DuckDB reads: no other struct is taken for a VARIANT. */
const MARK = 'metadata of a VARIANT'

/** The elements of VARIANTs as DuckDB is to read them. */
export function variantElements(schema: readonly SchemaElement[]): ReadonlyMap<SchemaElement, readonly RawField[]> {
  const elements = new Map<SchemaElement, readonly RawField[]>()
  for (const [at, element] of schema.entries()) {
    if (!element.isVariant) continue
    elements.set(element, plainGroup(element))
    const metadata = childrenOf(schema, at).find(({ name }) => name === METADATA)
    if (metadata !== undefined) elements.set(metadata, renamed(metadata, MARK))
  }
  return elements
}

/** What is directly below an element. */
function childrenOf(schema: readonly SchemaElement[], parent: number): readonly SchemaElement[] {
  const children: SchemaElement[] = []
  let at = parent + 1
  for (let child = 0; child < schema[parent]!.children && at < schema.length; child++) {
    children.push(schema[at]!)
    for (let left = 1; left > 0; at++) left += (schema[at]?.children ?? 0) - 1
  }
  return children
}

/** Whether a column is a VARIANT, or has one inside. */
export const isVariantField = ({ element, below }: Pick<ParquetField, 'element' | 'below'>): boolean =>
  [element, ...below].some(({ isVariant }) => isVariant)

/** Why the values of a column cannot be read: a VARIANT that its specification does not know. */
export function variantProblem({ element, below }: ParquetField): string | undefined {
  const all = [element, ...below]
  for (const [at, variant] of all.entries()) {
    if (!variant.isVariant) continue
    const children = childrenOf(all, at)
    const hasBytes = children.every(({ name, isBytes }) => name === TYPED || isBytes)
    const names = children.map(({ name }) => name)
    if (!hasBytes || !names.includes(METADATA) || names.some((name) => ![METADATA, VALUE, TYPED].includes(name)))
      return `is a VARIANT with fields other than "metadata", "value" and "typed_value": write it again`
  }
  if (!isVariantField({ element, below })) return undefined
  const typed = all.filter(({ name, isLeaf }) => name === TYPED && isLeaf)
  if (typed.some(({ fixedLength, isUuid, decimal }) => fixedLength !== undefined && !isUuid && decimal === undefined))
    return 'is a VARIANT with fixed-length bytes that are not a UUID, which its specification does not allow: write it again'
  return typed.some(({ integer }) => integer?.isSigned === false)
    ? 'is a VARIANT with unsigned integers, which its specification does not allow: write it again'
    : undefined
}

const isStruct = (type: DuckDBType): type is DuckDBStructType => type instanceof driver().DuckDBStructType

export const isVariantType = (type: DuckDBType): type is DuckDBStructType =>
  isStruct(type) && type.entryNames.includes(MARK)

type NextRaw = () => Raw | undefined
type Group = Readonly<Record<string, unknown>>
/** The value of a part; undefined where it has no value. */
type Part = (group: Group, names: readonly string[]) => unknown

/** How a VARIANT becomes a value. */
export function variantOf(type: DuckDBStructType, next: NextRaw): Convert {
  const part = partOf(type, next)
  return (value) => {
    const group = value as Group
    return part(group, variantNames(bytesFromJson(group[MARK] as string))) ?? null
  }
}

function partOf(type: DuckDBType, next: NextRaw): Part {
  if (!isStruct(type)) throw notKnown()
  let typed: Typed | undefined
  for (const [at, name] of type.entryNames.entries()) {
    if (name === TYPED) typed = typedOf(type.entryTypes[at]!, next)
    else next()
  }
  return (group, names) => {
    const bytes = (group[VALUE] ?? null) as string | null
    const rest = bytes === null ? undefined : variantValue(bytesFromJson(bytes), names)
    const own = group[TYPED] ?? null
    if (own === null || typed === undefined) return rest
    const value = typed.read(own, names)
    return rest === undefined ? value : together(value, rest, typed.fields)
  }
}

/** An object's fields of both parts. */
function together(value: unknown, rest: unknown, fields: readonly string[] | undefined): unknown {
  const isObject = typeof rest === 'object' && rest !== null && !Array.isArray(rest) && !isRawNumber(rest)
  if (fields === undefined || !isObject || fields.some((name) => Object.hasOwn(rest, name)))
    throw new Misfit('expected one value in a VARIANT, got two, in "value" and in "typed_value"')
  return { ...(value as object), ...rest }
}

interface Typed {
  readonly read: (value: unknown, names: readonly string[]) => unknown
  /** Of an object: those that are not in the rest. */
  readonly fields?: readonly string[]
}

function typedOf(type: DuckDBType, next: NextRaw): Typed {
  if (type instanceof driver().DuckDBListType) {
    const element = partOf(type.valueType, next)
    return { read: (list, names) => (list as (Group | null)[]).map((one) => (one && element(one, names)) ?? null) }
  }
  if (isStruct(type)) {
    const parts = type.entryTypes.map((entry) => partOf(entry, next))
    return { read: (value, names) => objectOf(type.entryNames, parts, value as Group, names), fields: type.entryNames }
  }
  const raw = next()
  return { read: (value) => (raw === undefined ? value : raw.inJson(value)) }
}

function objectOf(fields: readonly string[], parts: readonly Part[], value: Group, names: readonly string[]): object {
  return Object.fromEntries(
    fields.flatMap((name, at) => {
      const group = value[name] as Group | null
      const one = group === null ? undefined : parts[at]!(group, names)
      return one === undefined ? [] : [[name, one]]
    }),
  )
}

const notKnown = (): InvalidFileError =>
  new InvalidFileError('has a VARIANT split in a way that its specification does not allow: write it again')
