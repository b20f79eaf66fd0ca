import type { SingerConfig } from './config.ts'
import { isObject } from './message.ts'

/** Names of a tap's settings whose values are secrets though they stand among the others. */
const SECRET_NAME = /password|passwd|secret|token|api_?key|private_?key|credential|authorization/i

/** The tap's own config: that for everybody, and the secrets. */
export function tapConfig({ config, secrets }: Pick<SingerConfig, 'config' | 'secrets'>): Record<string, unknown> {
  return merged(config, secrets)
}

function merged(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const both = Object.entries(other).map(([name, value]) => {
    const before = Object.hasOwn(one, name) ? one[name] : undefined
    return [name, isObject(before) && isObject(value) ? merged(before, value) : value]
  })
  return { ...one, ...Object.fromEntries(both) }
}

/** The texts that no log and no error shows. */
export function secretTexts({ config, secrets }: Pick<SingerConfig, 'config' | 'secrets'>): readonly string[] {
  return [...textsIn(secrets), ...namedSecrets(config)]
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function namedSecrets(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => (SECRET_NAME.test(name) ? textsIn(one) : namedSecrets(one)))
}
