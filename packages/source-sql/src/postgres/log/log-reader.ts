import { SyncError, UNCHANGED } from '@tidemark/core'
import type { Row } from '../../database.ts'
import { Gathered } from './gathered.ts'
import type { LogConnection } from './log-connection.ts'
import type { LogBeginning, LogItem, LogWorld } from './log-item.ts'
import { hasLost, type LogOffset } from './log-offset.ts'
import { hasSameColumns, isAppendOnly, type LoggedTable } from './logged-table.ts'
import { type LogMessage, type LogRelation, PgOutput, type ReadTuple, UnknownLogMessage } from './pgoutput.ts'
import { canReadKey, rowReader } from './row-reader.ts'
import { truncatedShape } from './shape.ts'
import type { ShapeChanges } from './shape-changes.ts'
import { type Snapshot, sees } from './snapshot.ts'
import { formatWalPosition, parseWalPosition } from './wal-position.ts'

/** What ends without a beginning was committed before. */
const NO_TRANSACTION = { xid: 0, isSkipped: true }
/** So many changes of a transaction that is not whole are handed on. */
const MAX_OPEN = 2000
/** So many transactions may be told before it is asked which of them others see. */
const MAX_RECENT = 64

/** Reads the stream of a slot from an offset on: changes of whole transactions, then their checkpoint. */
export class LogReader {
  readonly #world: LogWorld
  readonly #decoder: PgOutput<Row>
  readonly #from: bigint
  readonly #system: Pick<LogOffset, 'id' | 'system' | 'timeline'>
  #lsn: bigint
  #recent: readonly number[]
  #shapes: Readonly<Record<string, string>>
  /** Of the relations that were described: their tables, and what reads their rows. */
  readonly #bound = new Map<number, { readonly table: LoggedTable; readonly read: ReadTuple<Row> }>()
  readonly #whole = new Gathered()
  readonly #open = new Gathered()
  #transaction: { readonly xid: number; readonly commit: bigint; readonly isSkipped: boolean } | undefined
  #at = 0n
  #lost: Record<string, string> = {}
  #horizon: Snapshot | undefined
  #reshaped: LoggedTable[] = []
  #changes: ShapeChanges
  /** The tables as they were last handed on. */
  readonly #handed: Map<string, LoggedTable>
  /** Of which position a checkpoint says all; undefined: of none, even where nothing has happened since. */
  #told: bigint | undefined

  constructor(world: LogWorld, offset: LogOffset, { changes, tables }: LogBeginning) {
    this.#world = world
    this.#shapes = changes.shapes
    this.#changes = changes
    this.#handed = new Map([...tables].map((table) => [table.name, table]))
    const { id, lsn, system, timeline, recent } = offset
    this.#from = parseWalPosition(lsn)
    this.#system = { id, system, timeline }
    this.#lsn = this.#from
    // What was lost is being read again by now.
    this.#told = hasLost(offset) ? undefined : this.#lsn
    this.#recent = recent
    this.#decoder = new PgOutput<Row>({
      relation:
        ({ oid }) =>
        (fields) =>
          this.#bound.get(oid)?.read(fields) ?? {},
    })
  }

  async *read(connection: Pick<LogConnection, 'next'>): AsyncGenerator<LogItem> {
    for (;;) {
      for (const piece of await connection.next()) {
        if (piece.kind === 'position') {
          if (this.#transaction === undefined && piece.end > this.#lsn) [this.#lsn, this.#at] = [piece.end, piece.at]
          yield* this.#applyChanges()
          continue
        }
        const message = this.#decoded(piece.bytes)
        if (message.tag === 'begin') {
          const { commit, xid } = message
          this.#transaction = { xid, commit, isSkipped: commit < this.#from }
        } else if (message.tag === 'relation') await this.#meet(message.relation)
        else if (message.tag === 'commit') {
          await this.#commit(message.end, message.at)
          yield* this.#applyChanges()
        } else if (message.tag !== 'other' && this.#transaction?.isSkipped === false) this.#change(message)
      }
      if (this.#recent.length > 0) await this.#look()
      if (this.#lsn === this.#told && this.#open.size < MAX_OPEN) continue
      yield* this.#drain(this.#whole)
      if (this.#lsn !== this.#told) yield this.#checkpoint()
      this.#told = this.#lsn
      if (this.#open.size >= MAX_OPEN) yield* this.#drain(this.#open)
    }
  }

  /**
   * Between two transactions: what the catalogue told counts when the log has come there. A loss is kept with the offset, so that whoever
   * continues from it knows.
   */
  async *#applyChanges(): AsyncGenerator<LogItem> {
    if (this.#transaction !== undefined) return
    const { from, tables } = this.#changes
    if (this.#lsn >= from) {
      if (Object.keys(tables).length > 0) this.#told = undefined
      this.#changes = { ...this.#changes, tables: {} }
      for (const [name, { shape, reason }] of Object.entries(tables)) {
        this.#shapes = { ...this.#shapes, [name]: shape }
        if (reason !== undefined) this.#lost[name] = reason
      }
    }
    if (Object.keys(this.#lost).length === 0) return
    yield* this.#drain(this.#whole)
    yield { ...this.#checkpoint(this.#lost), isLast: true }
  }

  #checkpoint(lost: Readonly<Record<string, string>> = {}): LogItem & { readonly kind: 'checkpoint' } {
    const { id, system, timeline } = this.#system
    const lsn = formatWalPosition(this.#lsn)
    const isChanging = Object.values(this.#changes.tables).some(({ reason }) => reason !== undefined)
    const offset = {
      id,
      lsn,
      system,
      timeline,
      recent: this.#recent,
      shapes: this.#shapes,
      lost,
      isChanging,
      outdated: {},
    }
    return { kind: 'checkpoint', offset, at: this.#at, isLast: false }
  }

  #decoded(bytes: Buffer): LogMessage<Row> {
    try {
      return this.#decoder.read(bytes)
    } catch (error) {
      if (!(error instanceof UnknownLogMessage || error instanceof RangeError)) throw error
      throw new SyncError(
        `${this.#world.label}: its log has what this version cannot read: ${error.message}; nothing after it is read. Install a newer version of Tidemark`,
        'upgrade',
        { code: 'log', cause: error },
      )
    }
  }

  #change(message: LogMessage<Row> & { readonly tag: 'insert' | 'update' | 'delete' | 'truncate' }): void {
    if (message.tag === 'truncate') {
      this.#truncate(message.relations)
      return
    }
    const table = this.#bound.get(message.relation.oid)?.table
    if (table === undefined) return
    // A publication that somebody else made may tell more of it.
    if (isAppendOnly(table) && (message.tag !== 'insert' || this.#isHeld(table))) return
    if (message.tag === 'insert')
      this.#open.upsert(table, isAppendOnly(table) ? complete(message.row) : message.row, undefined)
    else if (message.tag === 'delete') this.#open.delete(table, keyIn(table, message.before))
    else this.#update(table, message.row, message.before)
  }

  #update(table: LoggedTable, row: Row, before: Row | undefined): void {
    if (before === undefined) {
      this.#open.upsert(table, row, undefined)
      return
    }
    const key = keyIn(table, before)
    // The old key alone holds a large value of the key; where it is the whole row, any value.
    for (const name of Object.keys(row))
      if (row[name] === UNCHANGED && isTold(table, name, before)) row[name] = before[name]
    const isMoved = table.key.some((name) => !isSame(row[name], key[name]))
    this.#open.upsert(table, row, isMoved ? key : undefined)
  }

  #truncate(relations: readonly LogRelation[]): void {
    const oids = new Set(relations.map(({ oid }) => oid))
    const tables = new Set([...oids].flatMap((oid) => this.#bound.get(oid)?.table ?? []))
    for (const table of tables) {
      if (isAppendOnly(table) && this.#isHeld(table)) continue
      if (table.leaves.every(({ oid }) => oids.has(oid))) {
        this.#open.truncate(table)
        this.#world.truncated(table.name)
        const shape = this.#shapes[table.name]
        if (shape !== undefined) this.#shapes = { ...this.#shapes, [table.name]: truncatedShape(shape) }
        const change = this.#changes.tables[table.name]
        if (change?.isByFiles === true)
          this.#changes = {
            ...this.#changes,
            tables: { ...this.#changes.tables, [table.name]: { shape: change.shape } },
          }
      } else this.#lost[table.name] = 'one of its partitions was truncated'
    }
  }

  /** The snapshot that the table is read from holds this transaction. */
  #isHeld({ name }: LoggedTable): boolean {
    return this.#transaction!.commit < this.#world.heldUpTo(name)
  }

  async #commit(end: bigint, at: bigint): Promise<void> {
    const { xid, isSkipped } = this.#transaction ?? NO_TRANSACTION
    this.#transaction = undefined
    if (isSkipped) return
    this.#whole.take(this.#open)
    this.#lsn = end
    this.#at = at
    const isSeen = this.#horizon !== undefined && sees(this.#horizon, xid)
    if (!isSeen) this.#recent = [...this.#recent, xid]
    if (this.#recent.length > MAX_RECENT) await this.#look()
  }

  /** Forgets transactions that everybody sees. */
  async #look(): Promise<void> {
    this.#horizon = await this.#world.snapshot()
    const horizon = this.#horizon
    this.#recent = this.#recent.filter((xid) => !sees(horizon, xid))
  }

  async *#drain(gathered: Gathered): AsyncGenerator<LogItem> {
    for (const table of this.#reshaped) yield { kind: 'reshaped', table }
    this.#reshaped = []
    for (const operation of gathered.operations()) {
      const { table } = operation
      if (table.columns.some(({ select }) => select !== undefined)) {
        if (operation.kind === 'deleted') await this.#world.madeByServer(table, operation.keys)
        if (operation.kind === 'upserted') {
          const { rows, before } = operation
          await this.#world.madeByServer(table, before === undefined ? rows : [...rows, before])
        }
      }
      yield operation
    }
    gathered.clear()
  }

  /** A relation is described: with its first change, and again when it may have changed. */
  async #meet(relation: LogRelation): Promise<void> {
    this.#bound.delete(relation.oid)
    let table = await this.#world.tableOf(relation.oid)
    if (table === undefined) return
    const { xid } = this.#transaction ?? NO_TRANSACTION
    if (!this.#world.isFoundAs(table, relation, xid)) {
      // The shapes are those of before still, so what is found now has what was found until now.
      this.#changes = await this.#world.findAgain(xid, this.#shapes)
      table = await this.#world.tableOf(relation.oid)
      if (table === undefined) return
    }
    this.#handOn(table)
    // Rows of which the key cannot be read are read again with all others.
    const isReadAgain = this.#changes.tables[table.name]?.reason !== undefined
    if (isReadAgain && !canReadKey(table, relation)) return
    this.#bound.set(relation.oid, { table, read: rowReader(table, relation) })
  }

  /** A table that was found again may have other columns. */
  #handOn(table: LoggedTable): void {
    const known = this.#handed.get(table.name)
    if (known !== undefined && !hasSameColumns(known, table)) this.#reshaped.push(table)
    this.#handed.set(table.name, table)
  }
}

/** A row of a table whose rows are only added: a column that it did not have yet is NULL. */
function complete(row: Row): Row {
  for (const name of Object.keys(row)) if (row[name] === UNCHANGED) row[name] = null
  return row
}

const keyIn = ({ key }: LoggedTable, row: Row): Row => Object.fromEntries(key.map((name) => [name, row[name]]))

/** Whether an old row tells a column: of the whole row all, of a key alone its own. */
const isTold = ({ key, leaves }: LoggedTable, name: string, before: Row): boolean =>
  before[name] !== UNCHANGED && (key.includes(name) || leaves.some(({ identity }) => identity === 'f'))

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0
  return one === other
}
