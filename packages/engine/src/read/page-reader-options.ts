import type {
  BinaryRows,
  Counts,
  Deletion,
  EncodedRow,
  Encoder,
  KeyRangeRef,
  Range,
  Reject,
  Table,
  TableColumn,
} from '@tidemark/core/engine'
import type { SeenRows } from './seen-rows.ts'

export interface PageReaderOptions {
  readonly table: Table
  readonly columns: readonly TableColumn[]
  readonly encoder: Encoder
  /** What is read; rows outside are trimmed. Undefined: no cursor. */
  readonly range: Range | undefined
  /** What is read of a full refresh: rows whose key lies outside are trimmed. Absent: all keys. */
  readonly keyRange?: KeyRangeRef | undefined
  /** Rows below this position were read before and are only looked at again; undefined: none is. */
  readonly knownBelow?: bigint | undefined
  /** How much is gathered for a batch. */
  readonly batchLimit: { readonly rows: number; readonly bytes: number }
  readonly redact: (text: string) => string
  /** Rows in the binary form of Postgres are taken as they are; absent: as rows alone. */
  readonly takesBinary?: boolean | undefined
  /** What is remembered of the rows that come. */
  readonly seenRows?: SeenRows | undefined
}

/** What a batch takes along. */
export interface Gathered {
  readonly rows: readonly EncodedRow[]
  readonly binary?: BinaryRows | undefined
  readonly deletions: readonly Deletion[]
  readonly rejects: readonly Reject[]
  readonly counts: Counts
  readonly undeclared: number
}
