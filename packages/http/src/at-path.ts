/** A place in a body: names with dots between them (`data.items`), or a list of names; nothing is the body itself. */
export type BodyPath = string | readonly string[]

/** A place in an answer: a path in its body, or a header. */
export type AnswerPlace = BodyPath | { readonly header: string }

/** What lies at a place in a body; undefined where the body does not have it. */
export function atPath(body: unknown, path: BodyPath): unknown {
  let value = body
  for (const name of namesOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** A copy of a body with something else at a place. */
export function withPath(body: unknown, path: BodyPath, value: unknown): unknown {
  const [name, ...rest] = namesOf(path)
  if (name === undefined) return value
  const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  return { ...object, [name]: withPath(object[name], rest, value) }
}

/** The names that a place is made of. */
export function namesOf(path: BodyPath): readonly string[] {
  if (typeof path !== 'string') return path
  return path === '' ? [] : path.split('.')
}
