import { rowOf } from '@tidemark/core'
import { z } from 'zod'
import { Misfit } from './misfit.ts'
import type { Wanted } from './parquet.ts'

type Def = z.core.$ZodTypeDef & { readonly error?: (issue: { readonly input?: unknown }) => unknown }

const EMPTY = 'an empty text in quotes; set "quotedNulls": true in the table\'s config to read it as NULL'

/**
 * The row schema of columns. What is not a value at all is refused in its own words, also by columns of json, which take all
 * else.
 *
 * @param quotes whether the files have quotes: an empty text may then be meant as NULL.
 */
export function rowSchema(columns: readonly Wanted[], quotes: boolean): ReturnType<typeof rowOf> {
  const bare = rowOf(columns.map((column) => ({ ...column, nullable: false }))).shape
  const own = columns.map(({ name, type, nullable }) => {
    const params = { columnType: 'json', error: 'expected JSON as a text' }
    const json = z.custom((value) => !(value instanceof Misfit), params)
    const schema = speaking(type === 'json' ? json : bare[name]!, quotes && type !== 'text' && type !== 'json')
    return [name, nullable === false ? schema : schema.nullish()]
  })
  return z.object(Object.fromEntries(own)) as ReturnType<typeof rowOf>
}

function speaking(schema: z.ZodType, quotes: boolean): z.ZodType {
  const def = schema._zod.def as Def
  const error = (issue: { readonly input?: unknown }): unknown => {
    if (issue.input instanceof Misfit) return issue.input.problem
    return quotes && issue.input === '' ? EMPTY : def.error?.(issue)
  }
  return schema.clone({ ...def, error } as never)
}
