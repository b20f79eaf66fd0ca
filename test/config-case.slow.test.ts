import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Source } from '@tidemark/core'
import { alternativesOf, fieldsOf } from '@tidemark/engine'
import { expect, it } from 'vitest'
import type { z } from 'zod'

const ROOT = join(import.meta.dirname, '..')
const PACKAGES = globSync('packages/source-*', { cwd: ROOT }).sort()

type Schema = z.core.$ZodType

/** Every key that a user may write, in each of the alternatives, in lists and under names of the user's own. */
function keysOf(schema: Schema, path: string, above: ReadonlySet<Schema> = new Set()): readonly string[] {
  if (above.has(schema)) return []
  const known = new Set([...above, schema])
  return alternativesOf(schema).flatMap((one) => {
    const { type, element, valueType, getter } = one._zod.def as unknown as {
      readonly type: string
      readonly element?: Schema
      readonly valueType?: Schema
      readonly getter?: () => Schema
    }
    const fields = Object.entries(fieldsOf(one) ?? {})
    const below = type === 'array' ? element : type === 'record' ? valueType : type === 'lazy' ? getter?.() : undefined
    return [
      ...fields.flatMap(([key, inner]) => [`${path}.${key}`, ...keysOf(inner, `${path}.${key}`, known)]),
      ...(below === undefined ? [] : keysOf(below, `${path}.*`, known)),
    ]
  })
}

async function configOf(folder: string): Promise<Schema> {
  const { tidemark } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
    tidemark: { source: string }
  }
  const module = (await import(pathToFileURL(join(ROOT, folder, tidemark.source)).href)) as { default: Source }
  return module.default.config as unknown as Schema
}

it.each(PACKAGES)('every key of the config of %s is camelCase, however deep', async (folder) => {
  const keys = [...new Set(keysOf(await configOf(folder), basename(folder)))]
  expect(keys.length).toBeGreaterThan(0)
  expect(keys.filter((key) => !/^[a-z]+(?:[A-Z][a-z]*)*$/.test(key.slice(key.lastIndexOf('.') + 1)))).toEqual([])
  // In alternatives, and below names of the user's own.
  if (basename(folder) === 'source-rest')
    for (const key of ['authorization.tokenUrl', 'tables.*.pagination.parameter'])
      expect(keys).toContain(`source-rest.${key}`)
})
