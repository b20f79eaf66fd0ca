import type { ConfigSchema } from '@tidemark/core'
import { alternativesOf, childrenOf, definitionOf } from '@tidemark/engine'
import type { z } from 'zod'

/** The secrets in a value: values of a `secret()` in its schema, at any depth, and passwords inside URLs. */
export function secretsIn(schema: ConfigSchema | undefined, value: unknown): readonly string[] {
  const found = passwordsIn(value)
  if (schema !== undefined) collect(schema as unknown as z.core.$ZodType, value, found, 0)
  return found
}

function collect(schema: z.core.$ZodType, value: unknown, found: string[], depth: number): void {
  if (depth > 50 || value === undefined || value === null) return
  for (const one of [...alternativesOf(schema), ...outputsOf(schema)]) {
    if (typeof value === 'string' && definitionOf(one)['format'] === 'secret') found.push(value)
    for (const child of childrenOf(one, value)) collect(child.schema, child.value, found, depth + 1)
  }
}

/** The output schema of a pipe, beside its input. */
function outputsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const def = definitionOf(schema)
  if (def.type === 'pipe') return alternativesOf(def['out'] as z.core.$ZodType)
  return def['innerType'] === undefined ? [] : outputsOf(def['innerType'] as z.core.$ZodType)
}

/** Passwords of URLs anywhere in a value, as written and decoded. */
export function passwordsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return passwordOf(value)
  if (typeof value !== 'object' || value === null || depth > 50) return []
  return Object.values(value).flatMap((one) => passwordsIn(one, depth + 1))
}

function passwordOf(text: string): string[] {
  const found = [...inUrl(text), ...inAddress(text), ...inParameters(text)]
  return [...new Set(found.flatMap((one) => [one, decoded(one)]))].filter((one) => one !== '')
}

function inUrl(text: string): readonly string[] {
  if (!URL.canParse(text)) return []
  const { password, searchParams } = new URL(text)
  // Drivers take it as a parameter too.
  return [password, ...['password', 'sslpassword'].flatMap((name) => searchParams.getAll(name))]
}

/** If "/", "?", "#" or "@" are not escaped, the end of a password is ambiguous: it may be at each "@". */
function inAddress(text: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^\s*([a-z][a-z0-9+.-]*):(?:\/\/)?[^:]*:(.*@.*)$/is.exec(text) ?? []
  if (scheme === '' || (/^https?$/i.test(scheme) && URL.canParse(text))) return []
  return [...rest.matchAll(/@/g)].map(({ index }) => rest.slice(0, index))
}

/** `host=db password='it\'s'`, and its JDBC and ODBC variants. */
function inParameters(text: string): readonly string[] {
  const found = text.matchAll(/(?:password|passwd|pwd)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&;]+))/gis)
  return [...found].flatMap(([, quoted, bare]) =>
    [quoted, quoted?.replace(/\\(.)/gs, '$1'), bare].filter((one) => one !== undefined),
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
