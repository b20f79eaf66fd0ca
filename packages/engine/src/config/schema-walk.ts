import type { z } from 'zod'

// A source's schema may come from another copy of zod: only its definition is read, never its class.
type Schema = z.core.$ZodType
type Def = { readonly type: string; readonly [key: string]: unknown }

const WRAPPERS = new Set(['optional', 'nullable', 'default', 'prefault', 'readonly', 'nonoptional', 'catch'])

export function definitionOf(schema: Schema): Def {
  return schema._zod.def as unknown as Def
}

/** The input schema, without the wrappers that only say whether it is optional. */
export function unwrapped(schema: Schema): Schema {
  const def = definitionOf(schema)
  if (WRAPPERS.has(def.type)) return unwrapped(def['innerType'] as Schema)
  if (def.type === 'lazy') return unwrapped((def['getter'] as () => Schema)())
  if (def.type === 'pipe') return unwrapped(def['in'] as Schema)
  return schema
}

export function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const def = definitionOf(unwrapped(schema))
  return def.type === 'object' ? (def['shape'] as Record<string, Schema>) : undefined
}

/** Whether an object schema says what happens to fields that it does not name. */
export function hasCatchall(schema: Schema): boolean {
  return definitionOf(unwrapped(schema))['catchall'] !== undefined
}

export interface Child {
  readonly key: PropertyKey
  readonly schema: Schema
  readonly value: unknown
}

/** The elements of a value, each with the schemas that may apply to it. */
export function childrenOf(schema: Schema, value: unknown): readonly Child[] {
  const def = definitionOf(unwrapped(schema))
  if (Array.isArray(value)) {
    if (def.type === 'array') return value.map((one, key) => ({ key, schema: def['element'] as Schema, value: one }))
    if (def.type !== 'tuple') return []
    const items = def['items'] as readonly Schema[]
    const rest = def['rest'] as Schema | null
    return value.flatMap((one, key) => {
      const item = items[key] ?? rest
      return item == null ? [] : [{ key, schema: item, value: one }]
    })
  }
  if (typeof value !== 'object' || value === null) return []
  const shape = def.type === 'object' ? (def['shape'] as Record<string, Schema>) : {}
  const others = (def.type === 'record' ? def['valueType'] : def['catchall']) as Schema | undefined
  return Object.entries(value).flatMap(([key, one]) => {
    const child = Object.hasOwn(shape, key) ? shape[key] : others
    return child === undefined ? [] : [{ key, schema: child, value: one }]
  })
}

/** The alternatives of a union, the members of an intersection, or the schema itself. */
export function alternativesOf(schema: Schema): readonly Schema[] {
  const bare = unwrapped(schema)
  const def = definitionOf(bare)
  if (def.type === 'union') return (def['options'] as readonly Schema[]).flatMap(alternativesOf)
  if (def.type === 'intersection') return [def['left'] as Schema, def['right'] as Schema].flatMap(alternativesOf)
  return [bare]
}
