import type { Masker } from '@tidemark/core/engine'
import { CONCURRENCY, DEFAULT_DELETION_LIMIT, DEFAULT_REJECT_LIMIT, keyPath } from '@tidemark/engine'
import { configLine } from './config-line.ts'
import type { ConfigSetting } from './config-view.ts'
import { variablesIn } from './placeholders.ts'

export interface Origins {
  /** The config as it was written, with the placeholders of its variables. */
  readonly written: unknown
  /** The text of the file; empty without a file. */
  readonly text: string
  /** Variables that `.env` sets, and the environment does not. */
  readonly ofDotEnv: ReadonlySet<string>
  /** Values of fields that are secret, wherever they are. */
  readonly secrets: ReadonlySet<string>
  readonly redact: Masker['redact']
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  concurrency: CONCURRENCY.overall,
  perSource: CONCURRENCY.perSource,
  stallTimeout: '2m',
  deletionLimit: DEFAULT_DELETION_LIMIT,
  rejects: DEFAULT_REJECT_LIMIT,
}

/** The settings of a config, each with its origin: those that are written, then the defaults of the others. */
export function writtenSettings(data: Readonly<Record<string, unknown>>, origins: Origins): readonly ConfigSetting[] {
  const defaults = Object.entries(DEFAULTS).filter(([name]) => data[name] === undefined)
  return [
    ...leavesOf(data, '').map(([path, value]) => settingOf(path, value, origins)),
    ...defaults.map(([path, value]) => ({ path, value: JSON.stringify(value), from: 'default' })),
  ]
}

/** The config of a source as its schema gives it: what the config does not say is a default of the source. */
export function sourceSettings(
  path: string,
  given: unknown,
  parsed: unknown,
  origins: Origins,
): readonly ConfigSetting[] {
  const written = new Set(leavesOf(given, path).map(([at]) => at))
  return leavesOf(parsed, path).flatMap(([at, value]) =>
    written.has(at) ? [] : [{ ...settingOf(at, value, origins), from: 'default of the source' }],
  )
}

function settingOf(path: string, value: unknown, origins: Origins): ConfigSetting {
  const { written, text, ofDotEnv } = origins
  const variables = variablesIn(valueAt(written, path))
  const line = configLine(text, path)
  const from =
    variables.length > 0
      ? variables.map((name) => `${ofDotEnv.has(name) ? '.env' : 'environment'}: ${name}`).join(', ')
      : line === undefined
        ? 'the config'
        : `line ${line}`
  // Nobody knows whether a variable holds a secret.
  const isSecret = variables.length > 0 || (typeof value === 'string' && origins.secrets.has(value))
  return { path, value: isSecret ? '"***"' : origins.redact(JSON.stringify(value) ?? 'undefined'), from }
}

/** What a config sets, by path; lists and limits are one value, unless something in them is an object. */
function leavesOf(value: unknown, path: string): readonly (readonly [path: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[path, value]]
  const entries: readonly (readonly [PropertyKey, unknown])[] = Array.isArray(value)
    ? value.map((one, at) => [at, one] as const)
    : Object.entries(value)
  // A config that sets nothing has no setting without a name.
  if (entries.length === 0) return path === '' ? [] : [[path, value]]
  return entries.flatMap(([key, one]) => leavesOf(one, keyPath(path, key)))
}

function valueAt(value: unknown, path: string): unknown {
  return new Map(leavesOf(value, '')).get(path)
}
