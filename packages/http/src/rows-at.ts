import { SyncError } from '@tidemark/core'
import { atPath, type BodyPath, namesOf } from './at-path.ts'
import { excerptOf } from './http-failure.ts'

/** Where the rows of a body are. */
export interface RowsPlace {
  /** A path; in a text `*` stands for every item of a list and every member of an object: `groups.*.items`. */
  readonly rows?: BodyPath | undefined
  /** What the API sends instead of an empty list; without this setting, a missing list is an error. */
  readonly none?: 'null' | 'absent' | undefined
  /** An object in the place of the list is the one row. */
  readonly single?: true | undefined
  /**
   * The rows are members of an object, and this field of a row takes their names: those of the object at `rows`, or at its last
   * `*`. With `value`, that field takes a member that is not an object.
   */
  readonly keyedBy?: string | { readonly key: string; readonly value: string } | undefined
}

interface BodyContext {
  readonly what: string
  readonly redact: (text: string) => string
}

/** The names of a path up to its first `*`: where all the rows are. */
export function beforeWildcard(rows: BodyPath = ''): BodyPath {
  if (!isWildcard(rows)) return rows
  const names = namesOf(rows)
  return names.slice(0, names.indexOf('*'))
}

/** Whether a path leads to several lists. A list of names has none: its `*` is a name. */
export const isWildcard = (rows: BodyPath = ''): boolean => typeof rows === 'string' && namesOf(rows).includes('*')

/** The rows of a body. @throws SyncError where it has none in that place. */
export function rowsAt(body: unknown, place: RowsPlace, context: BodyContext): readonly unknown[] {
  const { rows = '', none, single, keyedBy } = place
  const names = namesOf(rows)
  if (!isWildcard(rows) && keyedBy === undefined) {
    const found = atPath(body, names)
    if (Array.isArray(found)) return found
    if (isNone(found, none)) return []
    if (single === true && typeof found === 'object' && found !== null) return [found]
    throw noList(body, rows, context)
  }
  const steps = isWildcard(rows) ? names.map((name) => (name === '*' ? EACH : name)) : [...names, EACH]
  const fail = (): never => {
    throw noList(body, rows, context)
  }
  return [...rowsBelow({ value: body, key: undefined }, { steps, place, fail, context })]
}

/** Every item of a list, or member of an object. */
const EACH = null

interface Member {
  readonly value: unknown
  /** Its name in the object at the last `*`. */
  readonly key: string | undefined
}

interface Walk {
  readonly steps: readonly (string | typeof EACH)[]
  readonly place: RowsPlace
  readonly fail: () => never
  readonly context: BodyContext
}

function* rowsBelow({ value, key }: Member, walk: Walk): Generator<unknown> {
  const { steps, place, fail } = walk
  const at = steps.indexOf(EACH)
  const found = atPath(value, (at < 0 ? steps : steps.slice(0, at)) as readonly string[])
  if (at < 0) {
    yield* rowsOf({ value: found, key }, walk)
    return
  }
  if (isNone(found, place.none)) return
  if (typeof found !== 'object' || found === null) fail()
  const rest = { ...walk, steps: steps.slice(at + 1) }
  // What serves an empty object as `[]` has no names to tell either.
  for (const [name, one] of Object.entries(found as object))
    yield* rowsBelow({ value: one, key: Array.isArray(found) ? key : name }, rest)
}

/** The rows that lie at the end of a path. */
function* rowsOf({ value, key }: Member, { steps, place, fail, context }: Walk): Generator<unknown> {
  const { none, keyedBy } = place
  const named = (row: unknown): unknown => (keyedBy === undefined ? row : withKey(row, key, keyedBy, context))
  if (Array.isArray(value)) for (const row of value) yield named(row)
  else if (isNone(value, none)) return
  // Behind a name the path promises a list, and behind a `*` whatever is there.
  else if (steps.length > 0 && place.single !== true) fail()
  else if (typeof value === 'object' && value !== null) yield named(value)
  else if (typeof keyedBy === 'object') yield named({ [keyedBy.value]: value })
  else fail()
}

/** A row with the name that it has in its object. @throws SyncError where it has another value there, which would be lost. */
function withKey(
  row: unknown,
  key: string | undefined,
  keyedBy: NonNullable<RowsPlace['keyedBy']>,
  { what }: BodyContext,
): unknown {
  const name = typeof keyedBy === 'object' ? keyedBy.key : keyedBy
  if (key === undefined)
    throw new SyncError(
      `${what} returned a list where "keyedBy" requires an object: its members have no names; leave out "keyedBy"`,
      'fix-source',
      { code: 'error-body' },
    )
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row
  const own = Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : undefined
  if (own !== undefined && own !== null && String(own) !== key)
    throw new SyncError(
      `${what} returned a row that has a "${name}" of its own, which is not its name in the object; name another column under "keyedBy"`,
      'fix-source',
      { code: 'error-body' },
    )
  return { ...row, [name]: own ?? key }
}

const isNone = (found: unknown, none: RowsPlace['none']): boolean =>
  none !== undefined && (found === null || (found === undefined && none === 'absent'))

function noList(body: unknown, rows: BodyPath, { what, redact }: BodyContext): SyncError {
  const place = [rows].flat().join('.')
  return new SyncError(
    `${what} returned no list${place === '' ? '' : ` at "${place}"`}: ${excerptOf(JSON.stringify(body, bigintText) ?? 'nothing', redact)}`,
    'fix-source',
    { code: 'error-body' },
  )
}

const bigintText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
