import { SyncError } from '@tidemark/core'
import type { FeedCheckpoint, TableChange } from '@tidemark/core/engine'
import { DEFAULT_PART } from '../read/part-size.ts'
import type { TableRun } from '../run/table-run.ts'
import { TableChanges } from './table-changes.ts'

export interface FeedBufferOptions {
  /** The number of the commit that it is for. */
  readonly seq: bigint
  readonly limit: { readonly rows: number; readonly bytes: number } | undefined
  readonly redact: (text: string) => string
}

/** So many times a batch may gather where it cannot be written in parts. */
const MAX_BATCHES = 16

/** What a feed has told since the last commit, by table. */
export class FeedBuffer {
  readonly seq: bigint
  readonly tables = new Map<TableRun, TableChanges>()
  /** The last checkpoint, where nothing came after it. */
  checkpoint: FeedCheckpoint | undefined
  readonly #options: FeedBufferOptions

  constructor(options: FeedBufferOptions) {
    this.seq = options.seq
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.checkpoint === undefined && this.size === 0
  }

  get size(): number {
    let size = 0
    for (const one of this.tables.values()) size += one.size
    return size
  }

  /** Whether so much has gathered that it is written. @param share of the limits. */
  isFull(share = 1): boolean {
    const { rows, bytes } = this.#options.limit ?? DEFAULT_PART
    let [weight, size] = [0, 0]
    for (const one of this.tables.values()) {
      weight += one.bytes
      size += one.size
    }
    return size >= rows * share || weight >= bytes * share
  }

  /**
   * Whether it may be committed without an offset, and told once more after a crash.
   *
   * @throws SyncError where it may not, and has grown beyond all measure.
   */
  mayBeToldAgain(): boolean {
    for (const [table, changes] of this.tables) {
      if (!changes.takesElsewhere) continue
      if (!this.isFull(MAX_BATCHES)) return false
      throw new SyncError(
        `${table.name}: one transaction changes the keys of very many rows without telling their other columns, and cannot be written in parts; let the source tell whole rows (in Postgres: alter table … replica identity full)`,
        'fix-config',
        { code: 'transaction-size' },
      )
    }
    return true
  }

  /** Takes in a change of rows. */
  add(change: TableChange, table: TableRun): void {
    this.checkpoint = undefined
    const changes = this.#of(table)
    switch (change.kind) {
      case 'upserted':
        changes.upsert(change.rows, change.before)
        break
      case 'deleted':
        changes.delete(change.keys)
        break
      case 'truncated':
        changes.clear()
        break
      default:
        throw new SyncError(
          `table "${change.table}": a change of the kind "${change.kind}" is not one of rows`,
          'fix-source',
        )
    }
  }

  #of(table: TableRun): TableChanges {
    const known = this.tables.get(table)
    if (known !== undefined) return known
    if (table.prepared === undefined) throw new Error(`table ${table.name} is not prepared`)
    const { seq, redact } = this.#options
    const { discovered } = table
    const changes = new TableChanges({ discovered, encoder: table.prepared.encoder, seq, redact })
    this.tables.set(table, changes)
    return changes
  }
}
