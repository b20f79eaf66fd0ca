import { z } from 'zod'
import { COLUMN_TYPE_TRAITS, COLUMN_TYPES, type ColumnType, typeHolding } from '../values/column-types.ts'
import type { SchemaNode } from './any-schema.ts'
import { SyncError } from './error.ts'
import { columnTyped, filledWith } from './schema.ts'

/** A column found at run time. */
export interface Column {
  /** Its name in the system. */
  readonly name: string
  /** The column type of its values. */
  readonly type: ColumnType
  /** False if the system never stores NULL there; a NULL then makes a bad row. */
  readonly nullable?: boolean | undefined
  /** The value of rows that are older than the column; absent: NULL, or unknown. */
  readonly fill?: unknown
  /** For a column that the state knows: its type stays (mode `discard-row`), and rows that do not fit are rejected. */
  readonly fixed?: true | undefined
}

/** What a schema without transforms, defaults and refinements accepts, so that an encoder may check it in zod's place. */
export type Plain =
  | { readonly kind: 'string' | 'number' | 'safeint' | 'bigint' | 'boolean' | 'any' }
  | { readonly kind: 'datetime'; readonly zone: 'Z' | 'offset' | 'local'; readonly precision: number | undefined }
  | { readonly kind: 'isodate' }
  | { readonly kind: 'column'; readonly type: ColumnType }

/** A column of a table whose schema was read. */
export interface TableColumn {
  /** The field's name in the schema. */
  readonly name: string
  /** The column type of its values. */
  readonly type: ColumnType
  /** The column's own schema; it decides where `plain` is absent. */
  readonly schema: SchemaNode
  /** Present where an encoder may check it in zod's place. */
  readonly plain: Plain | undefined
  /** Whether a row may hold NULL there. */
  readonly nullable: boolean
  /** Whether a row may lack the field, which then is NULL. */
  readonly optional: boolean
  /** The value of rows that are older than the column; undefined: NULL, or unknown. */
  readonly fill?: unknown
}

type Def = { readonly type: string; readonly [key: string]: unknown }
const defOf = (schema: SchemaNode): Def => schema._zod.def as unknown as Def

const WRAPPERS = new Set(['optional', 'nullable', 'default', 'prefault', 'readonly', 'nonoptional', 'catch'])
const TYPE_OF_FORMAT: ReadonlyMap<string, ColumnType> = new Map(
  COLUMN_TYPES.flatMap((type) => (COLUMN_TYPE_TRAITS[type].formats ?? []).map((format) => [format, type])),
)
const INTEGER_FORMATS = new Set(['safeint', 'int32', 'uint32', 'int64', 'uint64'])

/** What a schema gives in the end: wrappers are taken off, of a pipe its output counts. */
export function bare(schema: SchemaNode): SchemaNode {
  const def = defOf(schema)
  if (WRAPPERS.has(def.type)) return bare(def['innerType'] as SchemaNode)
  if (def.type === 'pipe') return bare(def['out'] as SchemaNode)
  return schema
}

/** Column type of a schema's output. @throws SyncError `fix-source` for a bare transform, whose output has no type. */
export function columnType(name: string, schema: SchemaNode): ColumnType {
  const def = defOf(bare(schema))
  switch (def.type) {
    case 'string':
      return TYPE_OF_FORMAT.get(`${def['local'] === true ? 'local ' : ''}${def['format']}`) ?? 'text'
    case 'template_literal':
      return 'text'
    case 'number':
      return isInteger(def) ? 'integer' : 'double'
    case 'bigint':
      return 'integer'
    case 'boolean':
      return 'boolean'
    case 'date':
      return 'timestamp'
    case 'enum':
    case 'literal':
      // Not the definition's entries: a numeric enum of TypeScript also lists its names there.
      return baseType([...(bare(schema)._zod.values ?? [])])
    case 'custom':
      return (def['columnType'] as ColumnType | undefined) ?? 'json'
    case 'transform':
      throw new SyncError(
        `column "${name}" ends in a bare .transform(), whose result has no schema; declare its type with .pipe(), as in .transform(…).pipe(z.string())`,
        'fix-source',
      )
    default:
      return 'json'
  }
}

function isInteger(def: Def): boolean {
  if (INTEGER_FORMATS.has(String(def['format']))) return true
  const checks = (def['checks'] ?? []) as readonly z.core.$ZodCheck[]
  return checks.some((check) => INTEGER_FORMATS.has(String((check._zod.def as { format?: unknown }).format)))
}

function baseType(values: readonly unknown[]): ColumnType {
  const present = values.filter((value) => value !== null && value !== undefined)
  if (present.every((value) => typeof value === 'string')) return 'text'
  if (present.every((value) => typeof value === 'boolean')) return 'boolean'
  if (present.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value))) return 'integer'
  return present.every((value) => typeof value === 'number') ? 'double' : 'json'
}

/** The columns of a row schema, in its order. */
export function columnsOf(row: z.ZodObject): readonly TableColumn[] {
  return Object.entries(row._zod.def.shape).map(([name, schema]) => {
    const { inner, nullable, optional } = unwrapPlain(schema)
    const fill = fillOf(schema)
    return {
      name,
      type: columnType(name, schema),
      schema,
      plain: inner === undefined ? undefined : plainOf(inner),
      nullable: nullable || schema._zod.optin === 'optional',
      optional,
      ...(fill === undefined ? {} : { fill }),
    }
  })
}

/** What `filledWith` says of a schema, or of one that it wraps. */
function fillOf(schema: z.core.$ZodType): unknown {
  const { fill } = z.globalRegistry.get(schema) ?? {}
  if (fill !== undefined) return fill
  const inner = WRAPPERS.has(defOf(schema).type) ? defOf(schema)['innerType'] : undefined
  return inner === undefined ? undefined : fillOf(inner as z.core.$ZodType)
}

/** Takes off the wrappers that change no value; undefined where there is one that does. */
function unwrapPlain(schema: SchemaNode): {
  inner: SchemaNode | undefined
  nullable: boolean
  optional: boolean
} {
  let inner = schema
  let nullable = false
  let optional = false
  for (;;) {
    const def = defOf(inner)
    if (def.type === 'nullable') nullable = true
    else if (def.type === 'optional') optional = true
    else if (WRAPPERS.has(def.type) && def.type !== 'readonly') return { inner: undefined, nullable, optional }
    else if (def.type !== 'readonly') return { inner, nullable, optional }
    inner = def['innerType'] as SchemaNode
  }
}

function plainOf(schema: SchemaNode): Plain | undefined {
  const def = defOf(schema)
  if (def['coerce'] === true || ((def['checks'] as readonly unknown[] | undefined)?.length ?? 0) > 0) return undefined
  const format = def['format']
  switch (def.type) {
    case 'string':
      if (format === undefined) return { kind: 'string' }
      if (format === 'date') return { kind: 'isodate' }
      if (format !== 'datetime') return undefined
      return {
        kind: 'datetime',
        zone: def['local'] === true ? 'local' : def['offset'] === true ? 'offset' : 'Z',
        precision: typeof def['precision'] === 'number' ? def['precision'] : undefined,
      }
    case 'number':
      if (format === undefined) return { kind: 'number' }
      return format === 'safeint' ? { kind: 'safeint' } : undefined
    case 'bigint':
      return format === undefined ? { kind: 'bigint' } : undefined
    case 'boolean':
      return { kind: 'boolean' }
    case 'any':
    case 'unknown':
      return { kind: 'any' }
    case 'custom':
      return typeof def['columnType'] === 'string'
        ? { kind: 'column', type: def['columnType'] as ColumnType }
        : undefined
    default:
      return undefined
  }
}

/** Whether a row schema says more than its fields do (`.refine`, `strictObject`), so that zod must see every row whole. */
export function isWhole(row: SchemaNode): boolean {
  const def = defOf(row)
  return (
    ((def['checks'] as readonly unknown[] | undefined)?.length ?? 0) > 0 ||
    (def['catchall'] !== undefined && !isLoose(row))
  )
}

/** Whether undeclared fields are kept (`z.looseObject`): they go to the column `_extra`. */
export function isLoose(row: SchemaNode): boolean {
  const type = (defOf(row)['catchall'] as SchemaNode | undefined)?._zod.def.type
  return type === 'unknown' || type === 'any'
}

/**
 * The columns to use for a table found at run time: those found today, where one that the state knows keeps its type
 * while that type holds what was found, and grows without loss where it does not and may.
 */
export function keepTypes(columns: readonly Column[], known?: readonly Column[] | undefined): readonly Column[] {
  if (known === undefined) return columns
  const before = new Map(known.map((column) => [column.name, column]))
  return columns.map((column) => {
    const { type, fixed } = before.get(column.name) ?? {}
    if (type === undefined) return column
    return { ...column, type: fixed === true ? type : typeHolding(type, column.type) }
  })
}

/**
 * The row schema of columns found at run time. A value is checked against its column's type; NULL is fine unless the
 * column says `nullable: false`.
 *
 * @param known `tracked.columns(table)`: a sniffed column then keeps the type the state knows while values fit.
 */
export function rowOf(
  columns: readonly Column[],
  known?: readonly Column[] | undefined,
  // biome-ignore lint/suspicious/noExplicitAny: the values of columns found at run time have no static type
): z.ZodObject<Record<string, z.ZodType<any, any>>> {
  const shape: Record<string, z.ZodType> = Object.create(null)
  for (const { name, type, nullable, fill } of keepTypes(columns, known)) {
    const schema = z.custom(COLUMN_TYPE_TRAITS[type].accepts, columnTyped(type))
    const own = nullable === false ? schema : schema.nullish()
    shape[name] = fill === undefined ? own : filledWith(own, fill)
  }
  return z.object(shape)
}
