import { createHash } from 'node:crypto'

/** A column as the catalogue has it. */
export interface Attribute {
  readonly name: string
  /** Its type, and the type's own number, such as a length. */
  readonly type: number
  readonly modifier: number
  /** One that is dropped and added again has another; one that is renamed or retyped keeps it. */
  readonly number: number
}

/** What a table is like, by the catalogue. */
export interface Shape {
  readonly columns: readonly Attribute[]
  /** So many columns it has ever had: one that is added gets a greater number. */
  readonly attributes: number
  /** The numbers of all columns that are there, also of those that are not read. */
  readonly numbers: readonly number[]
  /** The files of its rows. */
  readonly files: readonly string[]
  /** Its partitions by their oids, and which of all their attachments it is; empty: it has none. Under `MEMBERSHIP` what makes it a part of its publication. */
  readonly leaves: ReadonlyMap<string, string>
  /** Whatever is not in this shape was done by a transaction from this one on: the low 32 bits of its number. */
  readonly horizon: number
}

/** The same as an offset stores it. */
export interface StoredShape {
  /** By the marks of their names. Without a number: it was dropped. */
  readonly columns: ReadonlyMap<string, { readonly kind: string; readonly number: number | undefined }>
  readonly attributes: number
  /** Undefined: not known, since the table was truncated. */
  readonly files: string | undefined
  readonly leaves: ReadonlyMap<string, string>
  readonly horizon: number
}

/** Stands among the partitions, of a table whose publication somebody else made. */
export const MEMBERSHIP = 'publication'

/** Enough that two are taken for one once in 16 million times. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, MARK)
const MARK = 4

const nameMark = (name: string): string => digest(name)
const kindMark = ({ type, modifier }: Pick<Attribute, 'type' | 'modifier'>): string => digest(`${type} ${modifier}`)
const filesMark = (files: readonly string[]): string => digest([...files].sort().join())

/**
 * As an offset stores it: columns, files, partitions, how many columns it ever had, and the horizon.
 *
 * @param before what it was before: names of columns that are gone stay known, because a destination may still hold their values.
 */
export function shapeText(shape: Shape, before?: string): string {
  const { columns, attributes, files, leaves, horizon } = shape
  const live = new Map(columns.map((column) => [nameMark(column.name), `${kindMark(column)}${column.number}`]))
  const stored = before === undefined ? undefined : parseShape(before)
  const gone = stored === undefined || 'marks' in stored ? [] : goneBy(stored, shape)
  const all = [...[...live].map(([name, rest]) => name + rest), ...gone.filter((name) => !live.has(name))]
  const partitions = [...leaves].map(([oid, attachment]) => `${oid}:${digest(attachment)}`)
  return [all.sort().join('.'), filesMark(files), partitions.sort().join('.'), attributes, horizon].join('/')
}

/** A column of whatever name: it came and went unseen. */
const ANY = '*'.repeat(MARK)

/** Names of columns that are or were gone. */
function goneBy(before: StoredShape, now: Shape): readonly string[] {
  return [...before.columns.keys(), ...(hasUnseen(before, now) ? [ANY] : [])]
}

/** Whether columns came and went since. */
function hasUnseen({ attributes }: StoredShape, now: Pick<Shape, 'attributes' | 'numbers'>): boolean {
  return now.attributes - attributes > now.numbers.filter((number) => number > attributes).length
}

/** What tells two shapes of a table apart: all but the horizon. */
export const knownIn = (text: string): string =>
  text
    .split('/')
    .slice(0, PARTS - 1)
    .join('/')

/** The shape of a table whose rows were all removed: which files it has then is not known. */
export function truncatedShape(text: string): string {
  const parts = text.split('/')
  return parts.length < PARTS ? text : [parts[0], '', ...parts.slice(2)].join('/')
}

const PARTS = 5

/** One that an older version stored: the marks of its columns (name and type) with their numbers. */
export interface OldShape {
  readonly marks: ReadonlyMap<string, string>
  readonly files: string
  /** Without which attachment it is. */
  readonly leaves: ReadonlyMap<string, string>
}

export function parseShape(text: string): StoredShape | OldShape {
  const [columns = '', files = '', leaves = '', attributes, horizon] = text.split('/')
  const others = { leaves: new Map(parts(leaves).map((part) => [part.split(':')[0]!, part.split(':')[1] ?? ''])) }
  if (attributes === undefined || horizon === undefined)
    return { ...others, files, marks: new Map(parts(columns).map((part) => [part.slice(0, MARK), part.slice(MARK)])) }
  const column = (part: string): readonly [string, { readonly kind: string; readonly number: number | undefined }] => {
    const number = part.slice(2 * MARK)
    return [
      part.slice(0, MARK),
      { kind: part.slice(MARK, 2 * MARK), number: number === '' ? undefined : Number(number) },
    ]
  }
  return {
    ...others,
    columns: new Map(parts(columns).map(column)),
    files: files === '' ? undefined : files,
    attributes: Number(attributes),
    horizon: Number(horizon),
  }
}

const parts = (text: string): readonly string[] => (text === '' ? [] : text.split('.'))

/** How the columns of a table differ from those that it had: names of new ones, or why its older rows are to be read again. */
export type ColumnChange = { readonly added: readonly string[]; readonly reason?: string }

export function columnChange(before: StoredShape | OldShape, now: Shape): ColumnChange {
  const { columns } = now
  if ('marks' in before) return oldChange(before, columns)
  const added: string[] = []
  for (const column of columns) {
    const { name, number } = column
    const known = before.columns.get(nameMark(name))
    if (known === undefined && number > before.attributes) added.push(name)
    else if (known === undefined) return { added, reason: `column "${name}" was renamed, or was not read before` }
    else if (known.number !== number) return { added, reason: `column "${name}" was dropped and added again` }
    else if (known.kind !== kindMark(column)) return { added, reason: `column "${name}" has another type` }
  }
  // A column of that name may have been there, and its values may have been told.
  if (added.length > 0 && (before.columns.has(ANY) || hasUnseen(before, now)))
    return { added, reason: `column "${added[0]}" may have been dropped and added again` }
  return { added }
}

/** An older version had marks of names and types together, and did not keep how many columns there ever were. */
function oldChange({ marks }: OldShape, columns: readonly Attribute[]): ColumnChange {
  const other = columns.find(({ name, type, number }) => marks.get(digest(`${type} ${name}`)) !== String(number))
  return other === undefined
    ? { added: [] }
    : { added: [], reason: `column "${other.name}" is another one than before` }
}

/** Whether the rows are in other files than before. */
export const hasOtherFiles = (before: StoredShape | OldShape, { files }: Pick<Shape, 'files'>): boolean =>
  before.files !== filesMark(files)

/** Whether a partition is attached as it was; one of which an older version did not keep that counts as such. */
export const isAttachedAs = (before: StoredShape | OldShape, oid: string, attachment: string): boolean =>
  ['', digest(attachment)].includes(before.leaves.get(oid) ?? '')
