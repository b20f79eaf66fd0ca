import type { RowSchema } from './row-schema.ts'

// Recognised by their marks, whichever copy of core made them.
const CHANGE = Symbol.for('tidemark.change')
const CHECKPOINT = Symbol.for('tidemark.checkpoint')

/** The value of a column that a change left as it was and does not hold. */
export const UNCHANGED: unique symbol = Symbol.for('tidemark.unchanged') as never

/** A change of one table, in the order of its system. Made by the functions of a `FeedTable`. */
export interface Change<in Client> {
  /** A mark of the types alone. */
  readonly [CHANGE_TYPE]: (client: Client) => void
}
declare const CHANGE_TYPE: unique symbol

/** Everything that was yielded before is whole: a commit may end here. Made by `checkpoint` of a feed. */
export interface Checkpoint<out Offset> {
  /** A mark of the types alone. */
  readonly [CHECKPOINT_TYPE]: Offset
}
declare const CHECKPOINT_TYPE: unique symbol

/** A change as the engine reads it. */
export type TableChange = { readonly table: string } & (
  | {
      readonly kind: 'upserted'
      /** Fields may be `UNCHANGED`; those that are absent in a row of a declared shape are as the schema says. */
      readonly rows: readonly Readonly<Record<string, unknown>>[]
      /** The key that the row had before, where it changed; of one row. */
      readonly before: Readonly<Record<string, unknown>> | undefined
    }
  | { readonly kind: 'deleted'; readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** All rows that came before are gone. */
  | { readonly kind: 'truncated' }
  /** From here on its rows have these columns. */
  | { readonly kind: 'schema-changed'; readonly row: RowSchema }
  /** From here on all of its rows come. */
  | { readonly kind: 'snapshot-started' }
  /** All of its rows have come: those that did not since the snapshot started are gone. */
  | { readonly kind: 'snapshot-ended' }
)

/** A checkpoint as the engine reads it. */
export interface FeedCheckpoint {
  readonly offset: unknown
  readonly options: CheckpointOptions
}

/** More about a checkpoint. */
export interface CheckpointOptions {
  /** When the system had made what came before, as far as it says: for the lag of the feed. */
  readonly at?: Date | undefined
  /** The feed yields nothing more before this is committed and acknowledged. Absent: several checkpoints may be committed as one. */
  readonly waits?: true | undefined
  /** Older rows of some tables were changed by what came before, in a way that the feed cannot tell: the engine asks `lost` once this is committed. */
  readonly lost?: true | undefined
}

export function changeOf(change: TableChange): Change<unknown> {
  return { [CHANGE]: change } as unknown as Change<unknown>
}

export function checkpointOf(checkpoint: FeedCheckpoint): Checkpoint<never> {
  return { [CHECKPOINT]: checkpoint } as unknown as Checkpoint<never>
}

/** The change that a value is; undefined: it is something else. */
export function asChange(value: unknown): TableChange | undefined {
  return marked(value, CHANGE) as TableChange | undefined
}

/** The checkpoint that a value is; undefined: it is something else. */
export function asCheckpoint(value: unknown): FeedCheckpoint | undefined {
  return marked(value, CHECKPOINT) as FeedCheckpoint | undefined
}

function marked(value: unknown, mark: symbol): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<symbol, unknown>)[mark] : undefined
}
