import { fixture, type Json } from './fixtures.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

const { answers, schemas } = fixture<{ answers: Record<string, Schema>; schemas: Record<string, Schema> }>(
  'described-schemas',
)

/** How deep departures are made; further in, values are whole. */
const DEEPEST = 3

/** The schema of one row of an answer. */
export function rowSchema(answer: string): Schema {
  const schema = resolved(answers[answer]!)
  // Stars come in two forms, the one with a date is asked for.
  const list = schema.anyOf?.at(-1) ?? schema.properties?.['workflow_runs'] ?? schema
  return list.items === undefined ? list : resolved(list.items)
}

/**
 * Rows as the description lets them be: a whole one, then for each place in it one row that departs there only, by being
 * NULL, absent, empty, or another of the forms that it may have.
 */
export function described(answer: string): Json[] {
  return [...ways(rowSchema(answer), DEEPEST)] as Json[]
}

function resolved(schema: Schema): Schema {
  if (schema.$ref !== undefined) return { ...resolved(schemas[schema.$ref.split('/').at(-1)!]!), ...nullableOf(schema) }
  if (schema.allOf === undefined) return schema
  const parts = schema.allOf.map(resolved)
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => part.required ?? []),
    ...nullableOf(schema),
  }
}

function nullableOf({ nullable }: Schema): Schema {
  return nullable === undefined ? {} : { nullable }
}

function* ways(unresolved: Schema, depth: number): Generator<unknown> {
  const schema = resolved(unresolved)
  const either = schema.anyOf ?? schema.oneOf
  const objects = schema.properties === undefined ? [] : objectsOf(schema, depth)
  if (either !== undefined) for (const one of either) yield* ways(one, depth)
  else if (schema.items !== undefined) yield* listsOf(schema.items, depth)
  else if (schema.properties !== undefined) yield* objects
  else yield* plainOf(schema)
  if (schema.nullable === true) yield null
}

function* objectsOf({ properties = {}, required = [] }: Schema, depth: number): Generator<Json> {
  const whole: Json = {}
  for (const [name, schema] of Object.entries(properties)) whole[name] = ways(schema, 0).next().value
  yield whole
  if (depth === 0) return
  for (const [name, schema] of Object.entries(properties)) {
    const [, ...others] = ways(schema, depth - 1)
    for (const other of others) yield { ...whole, [name]: other }
    const { [name]: _, ...without } = whole
    if (!required.includes(name)) yield without
  }
}

function* listsOf(items: Schema, depth: number): Generator<unknown[]> {
  for (const item of ways(items, depth)) yield [item]
  yield []
}

function* plainOf({ type, format, enum: words }: Schema): Generator<unknown> {
  if (words !== undefined) yield* words
  else if (type === 'boolean') yield* [true, false]
  else if (type === 'integer' || type === 'number') yield* [1, 0]
  else if (type === 'object') yield {}
  else if (format === 'date-time') yield '2026-03-09T00:00:00Z'
  else if (format === 'uri') yield 'https://api.github.com/x/1'
  else yield* ['text', '']
}
