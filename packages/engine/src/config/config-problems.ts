import { suggestion } from '@tidemark/core'
import { didYouMean } from '@tidemark/core/engine'
import type { z } from 'zod'
import { keyPath, pathOf } from './config-path.ts'
import { alternativesOf, childrenOf, fieldsOf, hasCatchall } from './schema-walk.ts'

type Schema = z.core.$ZodType
type Issue = z.core.$ZodIssue

/** Unknown keys, at any depth: zod drops them, but the user meant something by them. */
export function unknownKeys(schema: Schema, value: unknown, path: string): readonly string[] {
  const objects = alternativesOf(schema).filter((one) => fitsShape(one, value))
  // With several possible schemas it is not known which one the user means, so no key is reported.
  if (objects.length !== 1) return []
  const [only] = objects as [Schema]
  const shape = fieldsOf(only)
  const here =
    shape === undefined || hasCatchall(only)
      ? []
      : Object.keys(value as object)
          .filter((key) => !Object.hasOwn(shape, key))
          .map((key) => `${keyPath(path, key)}: ${unknownKey(key, Object.keys(shape))}`)
  return [
    ...here,
    ...childrenOf(only, value).flatMap((child) => unknownKeys(child.schema, child.value, keyPath(path, child.key))),
  ]
}

/** Old names of keys: the new name of each, and what else changed. */
const RENAMED: Readonly<Record<string, readonly [name: string, more: string]>> = {
  rail: ['deletionLimit', "; write { share, above } as before, or 'none' instead of false"],
  settle: ['minAge', ''],
}

function unknownKey(key: string, known: readonly string[]): string {
  const [name, more] = (Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined) ?? []
  if (name !== undefined && known.includes(name)) return `was renamed to "${name}"${more}`
  return `unknown key; ${suggestion(key, known, 'keys')}`
}

function fitsShape(schema: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return ['array', 'tuple'].includes(schema._zod.def.type)
  return typeof value === 'object' && value !== null && ['object', 'record'].includes(schema._zod.def.type)
}

/** What zod found, one line per problem, each with its path: `sources.git.config.paths[0]: expected string, not 7`. */
export function problemLines(issues: readonly Issue[], value: unknown, path: string): readonly string[] {
  return issues.flatMap((issue) => {
    const input = issue.path.reduce<unknown>(
      (inner, key) => (inner as Record<PropertyKey, unknown> | undefined | null)?.[key],
      value,
    )
    if (issue.code === 'invalid_union') {
      const deeper = issue.errors.filter((one) => one.length > 0).sort((a, b) => depthOf(b) - depthOf(a))[0]
      if (deeper !== undefined && (depthOf(deeper) > 0 || isCustom(deeper)))
        return problemLines(deeper, input, pathOf(path, issue.path))
    }
    return [`${pathOf(path, issue.path)}: ${sentence(issue, input)}`]
  })
}

const depthOf = (issues: readonly Issue[]): number => Math.max(...issues.map((issue) => issue.path.length))
const isCustom = (issues: readonly Issue[]): boolean => issues.some((issue) => issue.code === 'custom')

function sentence(issue: Issue, input: unknown): string {
  if (issue.code === 'invalid_type' && input === undefined) return `is missing; expected ${issue.expected}`
  if (issue.code === 'invalid_union')
    return issue.errors.length === 0
      ? unmatched(issue, input)
      : `${input === undefined ? 'is missing; ' : ''}expected ${expectations(issue.errors).join(' or ')}`
  return issue.message.replace(/^Invalid (input|option): /, '')
}

/** For a discriminated union: the values that its discriminator may have, and the nearest one. */
function unmatched(issue: Issue, input: unknown): string {
  const { options = [] } = issue as { readonly options?: readonly unknown[] }
  const words = options.map((option) => JSON.stringify(option)).join(', ')
  if (words === '') return issue.message.replace(/^Invalid \w+: /, '')
  if (input === undefined) return `is missing; expected one of ${words}`
  const near = typeof input === 'string' ? didYouMean(input, options.map(String)) : undefined
  return `expected one of ${words}${near === undefined ? '' : `; did you mean "${near}"?`}`
}

/** What each of several alternatives expects, without duplicates. */
function expectations(errors: readonly (readonly Issue[])[]): readonly string[] {
  const all = errors
    .flat()
    .flatMap((one) =>
      one.code === 'invalid_union' && one.errors.length > 0 ? expectations(one.errors) : expectation(one),
    )
  return [...new Set(all)]
}

function expectation(issue: Issue): string {
  return issue.message
    .replace(/^Invalid (input|option): /, '')
    .replace(/^expected /, '')
    .replace(/, received .*$/, '')
}
