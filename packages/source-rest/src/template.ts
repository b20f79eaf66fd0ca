import { SyncError } from '@tidemark/core'
import { atPath } from '@tidemark/http'
import type { ParentPartition } from './parent-partition.ts'
import { formatted } from './time-format.ts'

/** What a request's placeholders stand for. */
export interface Fill {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly partition: ParentPartition | undefined
}

// Only these names: a body may well have other braces in it.
const PLACEHOLDER = /\{(from|to|partition|parent|tables)(?:\.([A-Za-z0-9_.-]+))?(?::([a-z_]+|[^{}]*%[^{}]*))?\}/g
const ANY = /\{[A-Za-z_][^{}]*\}/g

/** A placeholder: what it names, the field of a row, the way a time is written. */
export interface Placeholder {
  readonly text: string
  readonly name: 'from' | 'to' | 'partition' | 'parent' | 'tables'
  /** Of `tables` the name of a table above, and the field of its row. */
  readonly field: string | undefined
  readonly format: string | undefined
}

/** The placeholders of a text. */
export function placeholdersIn(text: string): readonly Placeholder[] {
  return [...text.matchAll(PLACEHOLDER)].map(([whole, name, field, format]) => ({
    text: whole,
    name: name as Placeholder['name'],
    field,
    format,
  }))
}

/** What looks like a placeholder and is not one. */
export function strangersIn(text: string): readonly string[] {
  return (text.match(ANY) ?? []).filter((one) => !placeholdersIn(one).some(({ text: whole }) => whole === one))
}

/** A text with its placeholders filled in; undefined where one stands for nothing. */
export function filled(
  text: string,
  fill: Fill,
  encode: (value: string) => string = (value) => value,
): string | undefined {
  let isOpen = false
  const result = text.replace(PLACEHOLDER, (whole, name: Placeholder['name'], field?: string, format?: string) => {
    const value = meantBy({ text: whole, name, field, format }, fill)
    if (value === undefined) isOpen = true
    return value === undefined ? '' : encode(value)
  })
  return isOpen ? undefined : result
}

/** A value of any depth with its texts filled in; a field whose placeholder stands for nothing is left out. */
export function filledDeep(value: unknown, fill: Fill): unknown {
  if (typeof value === 'string') return filled(value, fill)
  if (Array.isArray(value)) return value.map((one) => filledDeep(one, fill)).filter((one) => one !== undefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const inner = filledDeep(one, fill)
      return inner === undefined ? [] : [[name, inner]]
    }),
  )
}

/** A path with its placeholders filled in, each as one part of the path. */
export function filledPath(path: string, fill: Fill, table: string): string {
  const result = filled(path, fill, (value) => {
    // A URL takes these two for steps through folders, however they are written.
    if (value === '.' || value === '..' || value === '')
      throw new SyncError(`tables.${table}.path: "${value}" cannot be used in a path`, 'fix-config')
    return encodeURIComponent(value)
  })
  if (result !== undefined) return result
  throw new SyncError(
    `tables.${table}.path has a placeholder without a value; if it is {from}, set "initialSyncStart", or move it into "params"`,
    'fix-config',
  )
}

function meantBy({ name, field, format }: Placeholder, { from, to, partition }: Fill): string | undefined {
  if (name === 'from' || name === 'to') {
    const time = name === 'from' ? from : to
    return time === undefined ? undefined : formatted(time, format ?? 'iso', name)
  }
  if (name === 'tables') return inRowAbove(field ?? '', partition)
  return inRow(field, name === 'partition' ? partition : partition?.parent)
}

/** The field of a row of any table above, such as `orgs.login`; the name of the table alone is its key. */
function inRowAbove(field: string, partition: ParentPartition | undefined): string | undefined {
  let part = partition
  while (part !== undefined && fieldBelow(part.table, field) === undefined) part = part.parent
  return part && inRow(fieldBelow(part.table, field) || undefined, part)
}

/** The field that a placeholder of `tables` names of a table, empty for its key; undefined where it names another table. */
export function fieldBelow(table: string, field: string): string | undefined {
  if (field === table) return ''
  return field.startsWith(`${table}.`) ? field.slice(table.length + 1) : undefined
}

function inRow(field: string | undefined, part: ParentPartition | undefined): string | undefined {
  if (part === undefined) return undefined
  if (field === undefined) return part.key
  const value = atPath(part.row, field)
  return value === undefined || value === null ? undefined : String(value)
}
