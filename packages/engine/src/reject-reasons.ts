import type { TableColumn } from '@tidemark/core/engine'
import { fittingType } from './fitting-type.ts'

/** Why a row was rejected. */
export interface RejectReason {
  readonly problem: string
  /** The column that does not fit; undefined: the row as a whole. */
  readonly column?: string | undefined
  readonly value?: unknown
}

interface Group {
  readonly reason: RejectReason
  rows: number
  readonly values: unknown[]
}

/** So many reasons are told apart: a message that holds its value may be another one in every row. */
const KINDS = 100
const VALUES = 20
const SHOWN = 60

/** Counts why rows were rejected, for the one sentence that a person reads. */
export class RejectReasons {
  readonly #groups = new Map<string, Group>()

  add(reason: RejectReason): void {
    const id = `${reason.column ?? ''}\0${reason.problem}`
    const known = this.#groups.get(id)
    if (known === undefined && this.#groups.size >= KINDS) return
    const group = known ?? { reason, rows: 0, values: [] }
    group.rows++
    if (reason.column !== undefined && group.values.length < VALUES) group.values.push(reason.value)
    this.#groups.set(id, group)
  }

  /** The most frequent reason with an example and, where the values tell it, the type that would fit. */
  text(columns: readonly TableColumn[], redact: (text: string) => string): string | undefined {
    const [most] = [...this.#groups.values()].sort((a, b) => b.rows - a.rows)
    if (most === undefined) return undefined
    const { reason, rows, values } = most
    const often = this.#groups.size === 1 ? '' : `most often (${rows} times): `
    // What the config leaves out is shown nowhere.
    const column = columns.find(({ name }) => name === reason.column)
    if (column === undefined) return redact(`${often}${reason.problem}`.slice(0, 500))
    const type = fittingType(column.type, values)
    const hint = type === undefined ? '' : `; ${type}`
    return redact(
      `${often}column "${column.name}" (${column.type}): ${reason.problem}, such as ${shown(values[0])}${hint}`,
    )
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  try {
    const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? String(value)
    return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}…` : text
  } catch {
    return `a value of type ${typeof value}`
  }
}
