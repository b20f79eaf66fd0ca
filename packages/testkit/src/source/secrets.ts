import type { z } from 'zod'

type Schema = z.core.$ZodType
type Def = { readonly type: string; readonly [key: string]: unknown }
const defOf = (schema: Schema): Def => schema._zod.def as unknown as Def

const LOOKS_SECRET = /(?:^|[._-]|[a-z](?=[A-Z]))(?:token|password|passwd|secret|api[_-]?key|credentials?)$/i

/** The values that stand at a `secret()` of a schema, at any depth. */
export function secretsIn(schema: Schema | undefined, value: unknown, depth = 0): readonly string[] {
  if (schema === undefined || value === undefined || value === null || depth > 20) return []
  const def = defOf(schema)
  if (def['format'] === 'secret') return typeof value === 'string' ? [value] : []
  return childrenOf(def, value).flatMap(([inner, one]) => secretsIn(inner, one, depth + 1))
}

function childrenOf(def: Def, value: unknown): readonly (readonly [Schema, unknown])[] {
  if (def['innerType'] !== undefined) return [[def['innerType'] as Schema, value]]
  if (def.type === 'pipe')
    return [
      [def['in'] as Schema, value],
      [def['out'] as Schema, value],
    ]
  if (def.type === 'union') return (def['options'] as readonly Schema[]).map((one) => [one, value] as const)
  if (def.type === 'array' && Array.isArray(value)) return value.map((one) => [def['element'] as Schema, one] as const)
  if (typeof value !== 'object' || value === null) return []
  const record = value as Record<string, unknown>
  if (def.type === 'record') return Object.values(record).map((one) => [def['valueType'] as Schema, one] as const)
  if (def.type !== 'object') return []
  return Object.entries(def['shape'] as Record<string, Schema>).map(([name, one]) => [one, record[name]] as const)
}

/** Fields of a config whose names say that they are secret, and whose schemas do not. */
export function unmarkedSecrets(schema: Schema | undefined, path = '', depth = 0): readonly string[] {
  if (schema === undefined || depth > 20) return []
  const def = defOf(schema)
  if (def['innerType'] !== undefined) return unmarkedSecrets(def['innerType'] as Schema, path, depth + 1)
  if (def.type === 'array') return unmarkedSecrets(def['element'] as Schema, path, depth + 1)
  if (def.type === 'record') return unmarkedSecrets(def['valueType'] as Schema, path, depth + 1)
  if (def.type === 'union')
    return (def['options'] as readonly Schema[]).flatMap((one) => unmarkedSecrets(one, path, depth + 1))
  if (def.type === 'string') return def['format'] !== 'secret' && LOOKS_SECRET.test(path) ? [path] : []
  if (def.type !== 'object') return []
  return Object.entries(def['shape'] as Record<string, Schema>).flatMap(([name, one]) =>
    unmarkedSecrets(one, path === '' ? name : `${path}.${name}`, depth + 1),
  )
}
