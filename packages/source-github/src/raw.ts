import type { components } from '@octokit/openapi-types'

/** What GitHub answers, as the public description of its API says: null and absent where it says so. */
export type Raw = components['schemas']
export type RawRepository = Raw['minimal-repository']
/** A whole number of 64 bits: a bigint where a double would not hold it. */
export type Int64 = number | bigint
/** Whoever did something; null where the account is gone. */
export type RawUser = { readonly login: string; readonly id: Int64 } | null | undefined

/** Makes rows of what an API gave. What is not an object stays: the engine rejects it, and keeps the others. */
export function rowsOf<R, T>(raw: readonly R[], rowOf: (one: R) => T): T[] {
  return raw.map((one) => (typeof one === 'object' && one !== null ? rowOf(one) : (one as unknown as T)))
}

/** Exact, whatever its size. What is not a whole number is left as it is, for the schema to refuse. */
export function int64<T extends Int64 | null>(value: T): T extends null ? null : bigint {
  return (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value) as ReturnType<
    typeof int64<T>
  >
}

/** Columns of a user; NULL where there is no user, such as one whose account was deleted. */
export function userOf<const P extends string>(
  prefix: P,
  user: RawUser,
): { [K in `${P}_login`]: string | null } & { [K in `${P}_id`]: bigint | null } {
  // A commit of nobody whom GitHub knows has an empty object.
  const columns = { [`${prefix}_login`]: user?.login ?? null, [`${prefix}_id`]: int64(user?.id ?? null) }
  return columns as ReturnType<typeof userOf<P>>
}

/** The number at the end of a URL such as `…/issues/42`; NULL where the URL has no number. */
export function numberIn(url: string | undefined): number | null {
  const number = /\/(\d+)$/.exec(url ?? '')?.[1]
  return number === undefined ? null : Number(number)
}

/** How often each reaction was given, without the URL; NULL where GitHub does not say. */
export function reactionsOf(raw: Raw['reaction-rollup'] | undefined): Record<string, number> | null {
  if (raw === undefined || raw === null) return null
  const { url: _url, ...counts } = raw
  return counts
}
