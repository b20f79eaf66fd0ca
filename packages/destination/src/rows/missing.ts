import type { Layout } from '../table/columns.ts'

/** So many keys are read at a time: nothing is held open while a source is asked for them. */
export const MISSING_CHUNK = 5000

/** Primary keys as a source knows them: canonical values, by its own names of the columns. */
export type NamedKeys = readonly Readonly<Record<string, unknown>>[]

/** A chunk of keys, and behind what the next one begins; undefined: this is the last one. */
export interface MissingKeys<T> {
  readonly keys: NamedKeys
  readonly last: readonly T[] | undefined
}

/** All chunks, one after another. */
export async function* inChunks<T>(
  chunkBehind: (last: readonly T[] | undefined) => Promise<MissingKeys<T>>,
): AsyncGenerator<NamedKeys> {
  let last: readonly T[] | undefined
  do {
    const chunk = await chunkBehind(last)
    last = chunk.last
    if (chunk.keys.length > 0) yield chunk.keys
  } while (last !== undefined)
}

/** @param rows the stored values of keys, and behind them the positions. */
export function keysOf<T>(
  { keyAt, columns }: Layout,
  rows: readonly (readonly T[])[],
  decode: (value: T, type: Layout['columns'][number]['stored']) => unknown,
): MissingKeys<T> {
  const key = keyAt.map((at) => columns[at]!)
  const keys = rows.map((values) =>
    Object.fromEntries(key.map(({ column, stored }, at) => [column.name, decode(values[at]!, stored)])),
  )
  const end = rows.length < MISSING_CHUNK ? undefined : rows.at(-1)
  return { keys, last: end && [end.at(-1)!, ...end.slice(0, -1)] }
}
