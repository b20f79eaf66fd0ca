import { type Cursor, valueAt } from '../contract/cursor.ts'
import type { KeyRange } from '../contract/key-ranges.ts'
import { INT64_MAX } from '../values/int64.ts'
import type { Range } from '../values/window.ts'
import { subtract, union } from './coverage.ts'
import type { RefreshedRange } from './state.ts'

/** The range of a key column that a step reads: `from` is read, `to` is not; an open end is undefined. */
export interface KeyRangeRef {
  /** The column by the source's name. */
  readonly column: string
  readonly from: bigint | undefined
  readonly to: bigint | undefined
}

/** All keys as a range that can be reckoned with: no key of 64 bits is at or above its end. */
export const ALL_KEYS: Range = { from: undefined, to: INT64_MAX + 1n }

/** A range of keys that can be reckoned with. */
export function keysBetween({
  from,
  to,
}: {
  readonly from: bigint | null | undefined
  readonly to: bigint | null | undefined
}): Range {
  return { from: from ?? undefined, to: to ?? ALL_KEYS.to }
}

/** The same with its open end left out, as a step, a table's `read` and a database have it. */
export function openEnded({ from, to }: Range): Omit<KeyRangeRef, 'column'> {
  return { from, to: to >= ALL_KEYS.to ? undefined : to }
}

/** A range in the form that the table's `read` receives. */
export function keyRangeAt({ from, to }: KeyRangeRef, column: Cursor): KeyRange<unknown> {
  return {
    from: from === undefined ? undefined : valueAt(from, column),
    to: to === undefined ? undefined : valueAt(to, column),
  }
}

/** The committed ranges of a full refresh with one more: what it overlaps gives way to it, and neighbours are joined. */
export function withRefreshed(ranges: readonly RefreshedRange[], one: RefreshedRange): readonly RefreshedRange[] {
  const own = keysBetween(one)
  const rest = ranges.flatMap((range) =>
    subtract([keysBetween(range)], [own]).map(
      (part, at): RefreshedRange => ({ ...range, ...bounded(part), deleted: at === 0 ? range.deleted : 0 }),
    ),
  )
  const sorted = [...rest, one].sort((a, b) => (keysBetween(a).to < keysBetween(b).to ? -1 : 1))
  const joined: RefreshedRange[] = []
  for (const range of sorted) {
    const last = joined.at(-1)
    if (last === undefined || last.to === null || last.to !== range.from) joined.push(range)
    else joined[joined.length - 1] = joinedWith(last, range)
  }
  return joined
}

const bounded = (range: Range): Pick<RefreshedRange, 'from' | 'to'> => {
  const { from, to } = openEnded(range)
  return { from: from ?? null, to: to ?? null }
}

function joinedWith(a: RefreshedRange, b: RefreshedRange): RefreshedRange {
  return {
    from: a.from,
    to: b.to,
    readAt: earlier(a.readAt, b.readAt),
    version: a.version,
    revision: a.revision === b.revision ? a.revision : null,
    deleted: a.deleted + b.deleted,
    deletionsUnknown: a.deletionsUnknown || b.deletionsUnknown,
  }
}

const earlier = (a: bigint, b: bigint): bigint => (b < a ? b : a)

/** Whether committed ranges hold all keys. */
export function holdsAllKeys(ranges: readonly RefreshedRange[]): boolean {
  return subtract([ALL_KEYS], union(ranges.map(keysBetween))).length === 0
}
