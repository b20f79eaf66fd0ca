import type { ColumnType, SourceOptions } from '@tidemark/core'
import type { Kind } from './kinds.ts'
import { type Meaning, nanosOf } from './meaning.ts'

/** A value of some kind, as it stands at a source. */
export interface Example {
  /** For people, where it is not what stands there. */
  readonly shown?: string
  /** In the source's own language: characters of a CSV file, JSON, SQL, … */
  readonly given: string
  readonly means: Meaning
  /** What the column is declared as at the source. */
  readonly kind?: string
  /** What the config says that the column is. */
  readonly declared?: ColumnType
  /** Further config of the table. */
  readonly config?: Readonly<Record<string, unknown>>
}

export type Examples = Partial<Record<Kind, readonly Example[]>>

/** One example, and the number by which its table or row is found. */
export interface Case {
  readonly kind: Kind
  readonly example: Example
  readonly number: number
}

/** Where the value of an example comes to. */
export interface Place {
  /** The table, as the source names it. */
  readonly table: string
  readonly column: string
  /** The value of the table's key in its row. */
  readonly key: { readonly column: string; readonly value: string }
}

/** Examples that were written to a system. */
export interface Written {
  readonly source: unknown
  readonly config: unknown
  readonly options?: SourceOptions
  place(one: Case): Place
}

/** A reader, and how examples are written for it. */
export interface Reader {
  readonly name: string
  readonly examples: Examples
  write(cases: readonly Case[]): Promise<Written>
}

export const number = (digits: string, text?: string): Meaning =>
  text === undefined ? { is: 'number', digits } : { is: 'number', digits, text }
export const double = (value: number, text?: string): Meaning =>
  text === undefined ? { is: 'double', value } : { is: 'double', value, text }
export const instant = (iso: string, text: string = iso): Meaning => ({ is: 'instant', nanos: nanosOf(iso)!, text })
export const local = (iso: string, text: string = iso): Meaning => ({ is: 'local', iso, text })
export const date = (iso: string, text: string = iso): Meaning => ({ is: 'date', iso, text })
export const truth = (value: boolean, text: string = String(value)): Meaning => ({ is: 'truth', value, text })
export const bytes = (hex: string, text?: string): Meaning =>
  text === undefined ? { is: 'bytes', hex } : { is: 'bytes', hex, text }
export const json = (value: string, text: string = value): Meaning => ({ is: 'json', json: value, text })
export const text = (value: string): Meaning => ({ is: 'text', text: value })
export const NULL: Meaning = { is: 'null' }

/** Digits that no other number has, as many as asked for. */
export const digits = (count: number): string => '1234567890'.repeat(8).slice(0, count)
