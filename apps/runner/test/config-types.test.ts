import type { SourceOptions, TableOptions } from '@tidemark/core'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import type { Config } from '../src/config.ts'
import type { ConfigSchema, UseConfig } from '../src/config-schema.ts'

// What an editor offers in a config, and what is read from one, are the same: the schema checks, and the interfaces carry the
// words that an editor shows. These lines do not compile where one has a key that the other does not have, or takes less.

type Schema = z.input<typeof ConfigSchema>
type Use = z.input<z.ZodType<UseConfig, UseConfig>>
type TableSchema = Exclude<NonNullable<Use['tables']>[string], false>

/** The keys that only one of two types has. */
type Others<A, B> = Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>
const none = <T extends never>(...keys: T[]): number => keys.length

/** Whether what the first allows the second allows, too. */
type Takes<A, B> = A extends B ? true : false
const takes = <T extends true>(...all: T[]): number => all.length

it('a config has the keys of its schema, in all of its parts, and takes what its types take', () => {
  expect(
    none<Others<Schema, Config>>() +
      none<Others<Omit<Use, 'source' | 'config'>, SourceOptions>>() +
      none<Others<TableSchema, TableOptions>>(),
  ).toBe(0)
  expect(
    takes<Takes<TableOptions['lookback'], TableSchema['lookback']>>() +
      takes<Takes<TableOptions['deletionLimit'], TableSchema['deletionLimit']>>() +
      takes<Takes<TableOptions['initialSyncStart'], TableSchema['initialSyncStart']>>() +
      takes<Takes<SourceOptions['schema'], Use['schema']>>() +
      takes<Takes<SourceOptions['deletes'], Use['deletes']>>() +
      takes<Takes<Config['rejects'], Schema['rejects']>>() +
      takes<Takes<Config['destination'], Schema['destination']>>(),
  ).toBe(0)
})
