import type { TableColumn } from '@tidemark/core/engine'
import { beginningOf, excerptOf, unredacted } from '../failure/excerpt.ts'
import { fittingType } from './fitting-type.ts'

/** Why a row was rejected. */
export interface RejectReason {
  readonly problem: string
  /** The column that does not fit; undefined: the row as a whole. */
  readonly column?: string | undefined
  readonly value?: unknown
}

interface Group {
  readonly problem: string
  readonly column: string | undefined
  rows: number
  /** The first value as it is shown. */
  readonly example: string
  /** What the values are, each in little memory. */
  readonly values: unknown[]
}

/** The most reasons that are counted apart: a message that holds its value may be another one in every row. */
const MAX_KINDS = 100
const MAX_VALUES = 20
const MAX_TEXT_SHOWN = 60
const PROBLEM = 500

/** Counts why rows were rejected, for the one sentence that a person reads. Keeps no row and no large value. */
export class RejectReasons {
  readonly #groups = new Map<string, Group>()

  add({ problem: whole, column, value }: RejectReason): void {
    const problem = unredacted(whole, PROBLEM)
    const id = `${column ?? ''}\0${problem}`
    let group = this.#groups.get(id)
    if (group === undefined) {
      if (this.#groups.size >= MAX_KINDS) return
      const example = column === undefined ? '' : shown(value)
      group = { problem, column, rows: 0, example, values: [] }
      this.#groups.set(id, group)
    }
    group.rows++
    if (column !== undefined && group.values.length < MAX_VALUES) group.values.push(small(value))
  }

  /** The most frequent reason with an example and, where the values tell it, the type that would fit. */
  text(columns: readonly TableColumn[], redact: (text: string) => string): string | undefined {
    const [most] = [...this.#groups.values()].sort((a, b) => b.rows - a.rows)
    if (most === undefined) return undefined
    const { rows, values, example } = most
    const often = this.#groups.size === 1 ? '' : `most often (${rows} times): `
    const problem = excerptOf(most.problem, PROBLEM, redact)
    // What the config leaves out is shown nowhere.
    const column = columns.find(({ name }) => name === most.column)
    if (column === undefined) return `${often}${problem}`
    const type = fittingType(column.type, values)
    const hint = type === undefined ? '' : `; ${type}`
    const whole = redact(example)
    const such = whole.length > MAX_TEXT_SHOWN ? `${beginningOf(whole, MAX_TEXT_SHOWN)}…` : whole
    return `${often}column "${column.name}" (${column.type}): ${problem}, such as ${such}${hint}`
  }
}

/** A longer text is a text and nothing else. */
const LONGEST = 1000

/** A stand-in for a value of which only the type matters. */
function small(value: unknown): unknown {
  if (typeof value === 'string') return beginningOf(value, LONGEST)
  if (value instanceof Uint8Array) return value.slice(0, LONGEST)
  if (Array.isArray(value)) return []
  return isPlain(value) ? {} : value
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  try {
    const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? String(value)
    return unredacted(text, MAX_TEXT_SHOWN)
  } catch {
    return `a value of type ${typeof value}`
  }
}

/** The field of a row that a reason names, with its value. */
export function fieldOf(
  row: Readonly<Record<string, unknown>>,
  field: string | undefined,
): Pick<RejectReason, 'column' | 'value'> {
  try {
    if (field === undefined) return {}
    const value = row[field]
    // It stands for a value that the source could not read: the row as a whole is wrong, and no type would fit.
    return value instanceof Error ? {} : { column: field, value }
  } catch {
    // A getter of the row's that throws.
    return {}
  }
}
