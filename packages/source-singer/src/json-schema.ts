import type { Column, ColumnType } from '@tidemark/core'
import { COLUMN_TYPE_TRAITS, decimalText, INT64_MAX, Kind, typeOfKinds } from '@tidemark/core/values'
import { isObject } from './message.ts'

/** What a user says of the columns of a stream. */
export interface ColumnChoice {
  readonly key: readonly string[]
  /** Types that the config sets, by column. */
  readonly types: Readonly<Record<string, ColumnType>>
  /** Properties that do not become columns. */
  readonly omitted: ReadonlySet<string>
}

/** References in a schema are followed no further. */
const MAX_DEPTH = 20
const DECIMAL_FORMATS = new Set(['singer.decimal', 'x-singer.decimal', 'decimal'])

/** The columns of a stream's rows: the properties of its JSON Schema. */
export function columnsOfSchema(
  schema: Readonly<Record<string, unknown>>,
  { key, types, omitted }: ColumnChoice,
): readonly Column[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  // A key that the schema does not describe is a column all the same: its rows have it.
  const names = new Set([...Object.keys(properties), ...key])
  return [...names].filter(isColumnName).flatMap((name) => {
    if (omitted.has(name)) return []
    const isKey = key.includes(name)
    const type = types[name] ?? typeOfProperty(properties[name], schema, isKey)
    return [isKey ? { name, type, nullable: false } : { name, type }]
  })
}

const isColumnName = (name: string): boolean => name !== '' && !name.includes('\0')

function typeOfProperty(property: unknown, root: unknown, isKey: boolean): ColumnType {
  const type = typeOfKinds(kindsOfSchema(property, root), isKey ? 'text' : 'json') ?? 'json'
  return isKey && type === 'json' ? 'text' : type
}

/** The kinds of values that a JSON Schema allows beside NULL; any, where it names no type. */
function kindsOfSchema(schema: unknown, root: unknown, depth = 0): number {
  if (!isObject(schema) || depth > MAX_DEPTH) return Kind.json
  if (typeof schema['$ref'] === 'string') return kindsOfSchema(referred(schema['$ref'], root), root, depth + 1)
  const alternatives = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(alternatives)) return union(alternatives.map((one) => kindsOfSchema(one, root, depth + 1)))
  if (Array.isArray(schema['allOf'])) return kindsOfSchema(Object.assign({}, ...schema['allOf']), root, depth + 1)
  const types = schema['type'] ?? typesOfValues(schema)
  if (types === undefined) return Kind.json
  return union([types].flat().map((type) => kindOfType(type, schema)))
}

const union = (kinds: readonly number[]): number => kinds.reduce((all, one) => all | one, Kind.none)

function referred(reference: string, root: unknown): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/')
  return steps.reduce<unknown>(
    (at, step) => (isObject(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  )
}

/** The types of a schema that lists its values, or describes an object or a list, without naming them. */
function typesOfValues({ enum: values, const: value, properties, items }: Record<string, unknown>): unknown {
  if (Array.isArray(values)) return values.map(typeOfValue)
  if (value !== undefined) return typeOfValue(value)
  return properties !== undefined ? 'object' : items !== undefined ? 'array' : undefined
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'object' : Number.isInteger(value) ? 'integer' : typeof value
}

function kindOfType(type: unknown, schema: Record<string, unknown>): number {
  switch (type) {
    case 'null':
      return Kind.none
    case 'boolean':
      return Kind.boolean
    case 'integer':
    case 'bigint':
      return isBeyond64Bits(schema) ? Kind.huge : Kind.integer
    case 'number':
      // Who says how many digits a number has means a decimal.
      return schema['multipleOf'] === undefined ? Kind.double : Kind.exact
    case 'string':
      return kindOfText(schema)
    default:
      return Kind.json
  }
}

function kindOfText({ format, contentEncoding }: Record<string, unknown>): number {
  if (format === 'date-time') return COLUMN_TYPE_TRAITS.timestamp.kind
  if (format === 'date') return COLUMN_TYPE_TRAITS.date.kind
  if (DECIMAL_FORMATS.has(String(format))) return COLUMN_TYPE_TRAITS.numeric.kind
  return contentEncoding === 'base64' ? Kind.bytes : Kind.text
}

function isBeyond64Bits({ minimum, maximum }: Record<string, unknown>): boolean {
  const [least, most] = [minimum, maximum].map((one) => /^-?\d+$/.exec(decimalText(one) ?? '')?.[0])
  return (most !== undefined && BigInt(most) > INT64_MAX) || (least !== undefined && BigInt(least) < -INT64_MAX - 1n)
}
