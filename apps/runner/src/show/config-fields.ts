import type { Source } from '@tidemark/core'
import { definitionOf } from '@tidemark/engine'
import type { z } from 'zod'

type Schema = z.core.$ZodType

/** A field that a user fills in, with those inside of lists and records: `tables.*.path`. */
export interface ConfigField {
  readonly path: string
  /** In a word or two: `text`, `secret`, `list of url`. */
  readonly type: string
  /** Its default, as JSON; undefined: it has none. */
  readonly fallback: string | undefined
  readonly isRequired: boolean
  /** What the source says of it. */
  readonly meaning: string
}

/** The fields of a source's config, from its own schema. */
export function configFields(source: Source): readonly ConfigField[] {
  return source.config === undefined ? [] : fieldsOf(source.config as unknown as Schema, '')
}

function fieldsOf(schema: Schema, path: string): readonly ConfigField[] {
  const def = definitionOf(bare(schema))
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  if (def.type === 'array') return fieldsOf(def['element'] as Schema, `${path}[]`)
  if (def.type === 'record') return fieldsOf(def['valueType'] as Schema, at('*'))
  if (def.type !== 'object') return []
  return Object.entries(def['shape'] as Record<string, Schema>).flatMap(([name, one]) => [
    { path: at(name), type: typeText(one), ...fallbackOf(one), meaning: descriptionOf(one) },
    ...fieldsOf(one, at(name)),
  ])
}

/** The input schema that a user fills in, without wrappers. Does not enter recursive schemas such as JSON. */
function bare(schema: Schema): Schema {
  const def = definitionOf(schema)
  if (def['innerType'] !== undefined) return bare(def['innerType'] as Schema)
  return def.type === 'pipe' ? bare(def['in'] as Schema) : schema
}

function typeText(schema: Schema): string {
  const one = bare(schema)
  const def = definitionOf(one)
  switch (def.type) {
    case 'string':
      return def['format'] === 'secret' ? 'secret' : def['format'] === 'url' ? 'url' : 'text'
    case 'number':
      return def['format'] === undefined ? 'number' : 'integer'
    case 'array':
      return `list of ${typeText(def['element'] as Schema)}`
    case 'record':
      return `${typeText(def['valueType'] as Schema)} by name`
    case 'enum':
    case 'literal':
      return wordsOf(one)
    case 'union':
      return [...new Set((def['options'] as readonly Schema[]).map(typeText))].join(' or ')
    case 'lazy':
      return 'json'
    default:
      return def.type
  }
}

/** Lists a few values; with many, the meaning says more. */
function wordsOf(schema: Schema): string {
  const words = [...(schema._zod.values ?? [])].map((value) => `\`${String(value)}\``)
  return words.length > 6 ? 'text' : words.join(' or ')
}

function fallbackOf(schema: Schema): Pick<ConfigField, 'fallback' | 'isRequired'> {
  const def = definitionOf(schema)
  if (def.type === 'default' || def.type === 'prefault')
    return { fallback: JSON.stringify(def['defaultValue']), isRequired: false }
  if (def.type === 'optional' || def.type === 'nullish') return { fallback: undefined, isRequired: false }
  return def['innerType'] === undefined
    ? { fallback: undefined, isRequired: true }
    : fallbackOf(def['innerType'] as Schema)
}

/** The text of `.describe()`, on the schema or inside its wrappers. */
export function descriptionOf(schema: Schema): string {
  const said = (schema as { readonly description?: unknown }).description
  if (typeof said === 'string') return said
  const inner = definitionOf(schema)['innerType'] as Schema | undefined
  return inner === undefined ? '' : descriptionOf(inner)
}
