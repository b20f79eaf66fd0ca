import { SyncError } from '@tidemark/core'
import { parseJson } from '@tidemark/core/values'
import { revived } from './typed-value.ts'

/** A row of an operation, its values as Python has them. */
export type PythonRow = Readonly<Record<string, unknown>>

/** What a connector's process says. */
export type Operation =
  | { readonly kind: 'upsert' | 'update' | 'delete' | 'truncate'; readonly table: string; readonly row: PythonRow }
  /** It waits until all that came before is committed. The state is JSON text. */
  | { readonly kind: 'checkpoint'; readonly state: string }
  | { readonly kind: 'log'; readonly level: string; readonly message: string }
  /** What schema() gave. */
  | { readonly kind: 'schema'; readonly tables: unknown }
  /** update() returned. */
  | { readonly kind: 'end' }
  | {
      readonly kind: 'failed'
      readonly why: string
      readonly message: string
      /** `connector.py:12`; empty where it was raised outside the connector. */
      readonly where: string
      readonly trace: string
      /** What the system of the connector answered, where it failed for that: the status, and its `Retry-After`. */
      readonly answer: readonly [status: number, retryAfter: string | null] | null
    }

/** An operation that is about rows of a table. */
export type RowOperation = Extract<Operation, { readonly table: string }>

/** Reads a line of the stand-in module. @param marker the key that marks values which JSON has no type for. */
export function operationIn(line: string, marker: string): Operation {
  const [kind, ...args] = parsed(line)
  switch (kind) {
    case 'upsert':
    case 'update':
    case 'delete':
    case 'truncate': {
      const row = args[1] as PythonRow
      return { kind, table: args[0] as string, row: line.includes(marker) ? revived(row, marker) : row }
    }
    case 'checkpoint':
      return { kind, state: args[0] as string }
    case 'log':
      return { kind, level: args[0] as string, message: args[1] as string }
    case 'schema':
      return { kind, tables: args[0] }
    case 'end':
      return { kind }
    case 'failed': {
      const [why, message, where, trace, answer] = args as [
        string,
        string,
        string,
        string,
        [number, string | null] | null,
      ]
      return { kind, why, message, where, trace, answer }
    }
    default:
      throw unexpected()
  }
}

/** Where a number of so many digits begins. Python writes a float so that it is read as the same double. */
const MAY_BE_BIG = /[[:,]-?\d{16}/

function parsed(line: string): readonly unknown[] {
  try {
    const value: unknown = MAY_BE_BIG.test(line) ? parseJson(line) : JSON.parse(line)
    if (Array.isArray(value)) return value
  } catch {
    // Somebody else wrote to the pipe.
  }
  throw unexpected()
}

const unexpected = (): SyncError =>
  new SyncError(
    'the connector wrote to file descriptor 3, which belongs to Tidemark: let it open files of its own',
    'fix-source',
    { code: 'not-lines' },
  )
