import { SyncError, UNCHANGED } from '@tidemark/core'
import type { Row } from '../../database.ts'
import { Gathered, type TableOperation } from './gathered.ts'
import type { LogConnection } from './log-connection.ts'
import { hasLost, type LogOffset } from './log-offset.ts'
import { isAppendOnly, type LoggedTable } from './logged-table.ts'
import { type LogMessage, type LogRelation, PgOutput, type ReadTuple, UnknownLogMessage } from './pgoutput.ts'
import { rowReader } from './row-reader.ts'
import { columnMark, parseShape, shapesFrom, shapeText } from './shape.ts'
import { type Snapshot, sees } from './snapshot.ts'
import { formatWalPosition, parseWalPosition } from './wal-position.ts'

/** What a log yields. */
export type LogItem =
  | TableOperation
  /** From here on a table has other columns. */
  | { readonly kind: 'reshaped'; readonly table: LoggedTable }
  | {
      readonly kind: 'checkpoint'
      readonly offset: LogOffset
      /** When the server wrote that, in microseconds. */
      readonly at: bigint
      /** A table was lost with it: nothing more comes. */
      readonly isLast: boolean
    }

/** What the reader of a log asks of its database. */
export interface LogWorld {
  readonly label: string
  /** The table of a relation; undefined: it is not read. */
  tableOf(oid: number): Promise<LoggedTable | undefined>
  /** The same table as it is now; undefined: it is not there any more. */
  findAgain(name: string): Promise<LoggedTable | undefined>
  /** What tables are like by the catalogue, by name. */
  shapes(): Readonly<Record<string, string>>
  /** Of a table whose rows are only added: changes that were committed before are read otherwise. */
  heldUpTo(name: string): bigint
  /** All rows of a table are gone, as of the transaction that is being read. */
  truncated(name: string): void
  /** What rows of before hold in a column that was added: undefined, nothing but NULL. */
  filledWith(table: LoggedTable, column: string): Promise<string | undefined>
  /** What is seen now. */
  snapshot(): Promise<Snapshot>
  /** Makes values of a table what a query of it gives, in place. */
  madeByServer(table: LoggedTable, rows: readonly Row[]): Promise<void>
}

/** Tables that are lost when the log has come to a position, and why. */
export interface LaterLoss {
  readonly from: bigint
  readonly reasons: Readonly<Record<string, string>>
  /** What they are like there. */
  readonly shapes: Readonly<Record<string, string>>
}

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
  #later: LaterLoss
  readonly #hasLost: boolean

  constructor(world: LogWorld, offset: LogOffset, later: LaterLoss = { from: 0n, reasons: {}, shapes: {} }) {
    this.#world = world
    this.#later = later
    this.#hasLost = hasLost(offset)
    const { id, lsn, system, timeline, recent, shapes } = offset
    this.#from = parseWalPosition(lsn)
    this.#system = { id, system, timeline }
    this.#lsn = this.#from
    this.#recent = recent
    // Those that are lost later stay as they were until then, also for whoever continues before.
    const lostLater = Object.keys(later.reasons).map((name) => [name, shapes[name]!] as const)
    this.#shapes = { ...shapesFrom(shapes, world.shapes()), ...Object.fromEntries(lostLater) }
    this.#decoder = new PgOutput<Row>({
      relation:
        ({ oid }) =>
        (fields) =>
          this.#bound.get(oid)?.read(fields) ?? {},
    })
  }

  async *read(connection: Pick<LogConnection, 'next'>): AsyncGenerator<LogItem> {
    // What was lost is being read again by now: a checkpoint says so even where nothing has happened since.
    let told = this.#hasLost ? undefined : this.#lsn
    for (;;) {
      for (const piece of await connection.next()) {
        if (piece.kind === 'position') {
          if (this.#transaction === undefined && piece.end > this.#lsn) [this.#lsn, this.#at] = [piece.end, piece.at]
          yield* this.#endIfLost()
          continue
        }
        const message = this.#decoded(piece.bytes)
        if (message.tag === 'begin') {
          const { commit, xid } = message
          this.#transaction = { xid, commit, isSkipped: commit < this.#from }
        } else if (message.tag === 'relation') await this.#meet(message.relation)
        else if (message.tag === 'commit') {
          await this.#commit(message.end, message.at)
          yield* this.#endIfLost()
        } else if (message.tag !== 'other' && this.#transaction?.isSkipped === false) this.#change(message)
      }
      if (this.#recent.length > 0) await this.#look()
      if (this.#lsn === told && this.#open.size < MAX_OPEN) continue
      yield* this.#drain(this.#whole)
      if (this.#lsn !== told) yield this.#checkpoint()
      told = this.#lsn
      if (this.#open.size >= MAX_OPEN) yield* this.#drain(this.#open)
    }
  }

  /** Between two transactions: a loss is kept with the offset, so that whoever continues from it knows. */
  async *#endIfLost(): AsyncGenerator<LogItem> {
    const { from, reasons, shapes } = this.#later
    if (this.#transaction === undefined && this.#lsn >= from) {
      this.#later = { from, reasons: {}, shapes }
      for (const [name, reason] of Object.entries(reasons)) {
        this.#lost[name] = reason
        this.#shapes = { ...this.#shapes, [name]: shapes[name]! }
      }
    }
    if (Object.keys(this.#lost).length === 0) return
    yield* this.#drain(this.#whole)
    yield { ...this.#checkpoint(this.#lost), isLast: true }
  }

  #checkpoint(lost: Readonly<Record<string, string>> = {}): LogItem & { readonly kind: 'checkpoint' } {
    const { id, system, timeline } = this.#system
    const lsn = formatWalPosition(this.#lsn)
    const offset: LogOffset = { id, lsn, system, timeline, recent: this.#recent, shapes: this.#shapes, lost }
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
    if (isAppendOnly(table) && this.#isHeld(table)) return
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

  /** A relation is described: with its first change, and again when it has changed. */
  async #meet(relation: LogRelation): Promise<void> {
    const table = await this.#world.tableOf(relation.oid)
    if (table === undefined) {
      this.#bound.delete(relation.oid)
      return
    }
    const now = await this.#compared(table, relation)
    this.#bound.set(relation.oid, { table: now, read: rowReader(now, relation) })
  }

  /** The table, found again where its columns have changed since the offset. */
  async #compared(table: LoggedTable, relation: LogRelation): Promise<LoggedTable> {
    const { name } = table
    const text = this.#shapes[name]
    if (text === undefined) return table
    const before = parseShape(text)
    const marks = relation.columns.map((column) => columnMark(column.name, column.type))
    const added = relation.columns.filter((_, at) => !before.columns.has(marks[at]!))
    if (added.length === 0 && marks.length === before.columns.size) return table
    const now = added.length === 0 ? table : ((await this.#world.findAgain(name)) ?? table)
    if (now !== table) this.#reshaped.push(now)
    // It is lost when the log has come there, whatever it is on the way.
    if (Object.hasOwn(this.#later.reasons, name)) return now
    const { files, columns: numbers } = parseShape(this.#world.shapes()[name] ?? '')
    for (const column of added) {
      if (!now.found.columns.some((one) => one.name === column.name)) continue
      const filled = await this.#world.filledWith(now, column.name)
      if (filled !== undefined) this.#lost[name] = `column "${column.name}" was added with a default`
      else if (files !== before.files) this.#lost[name] = `its rows were rewritten with column "${column.name}"`
    }
    const columns = new Map(marks.map((mark) => [mark, before.columns.get(mark) ?? numbers.get(mark) ?? '']))
    this.#shapes = { ...this.#shapes, [name]: shapeText({ ...before, columns, files }) }
    return now
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
