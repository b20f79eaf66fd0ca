import { type Source, SyncError } from '@tidemark/core'
import type { z } from 'zod'
import { pathOf } from './config-path.ts'
import { problemLines, unknownKeys } from './config-problems.ts'

/** What comes of the config of a source: as its schema gives it, or what is wrong with it, one line a problem. */
export type ParsedConfig = { readonly config: object } | { readonly problems: readonly string[] }

/**
 * Parses what a user writes under `config` by the schema of its source. Unknown keys are problems too.
 *
 * @param path where it is written, for the messages: `sources.shop.config`.
 * @throws what a schema's own functions throw.
 */
export async function parseConfig(source: Source, value: unknown, path: string): Promise<ParsedConfig> {
  const given = value ?? {}
  const schema = source.config as z.ZodObject | undefined
  if (schema === undefined) {
    const keys = Object.keys(given)
    if (keys.length === 0) return { config: {} }
    return { problems: [`${path}: source "${source.name}" takes no config, but the config sets ${keys.join(', ')}`] }
  }
  const unknown = unknownKeys(schema, given, path)
  const parsed = await schema.safeParseAsync(given)
  if (!parsed.success || unknown.length > 0)
    return { problems: [...unknown, ...problemLines(parsed.error?.issues ?? [], given, path)] }
  return { config: parsed.data }
}

/** The config of a configured source as its schema gives it. @throws SyncError `fix-config` that names each mistake. */
export async function configOf(use: {
  readonly name: string
  readonly source: Source
  readonly config?: unknown
}): Promise<object> {
  const parsed = await parseConfig(use.source, use.config, pathOf('sources', [use.name, 'config']))
  if ('config' in parsed) return parsed.config
  throw new SyncError(parsed.problems.join('; '), 'fix-config', { code: 'config' })
}
