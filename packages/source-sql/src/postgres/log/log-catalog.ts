import type { SyncError } from '@tidemark/core'
import type { Asked } from '../../database.ts'
import type { FoundTable } from '../../found-table.ts'
import { ask } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { givenTables, unpublishedFor } from './given-publication.ts'
import { type LogFacts, logFacts } from './leaves.ts'
import { hasSameColumns, type LoggedTable } from './logged-table.ts'
import type { GivenNames } from './memberships.ts'
import type { LogRelation } from './pgoutput.ts'
import { MEMBERSHIP, type Shape, shapeText } from './shape.ts'
import { parseSnapshot, type Snapshot, sees } from './snapshot.ts'
import type { WalPosition } from './wal-position.ts'

const oidOf = ({ details }: FoundTable): string => String(details['oid'])

/** The tables that are read from a log, as they were last found. */
export class LogCatalog {
  readonly #sessions: Sessions
  #tables: ReadonlyMap<string, LoggedTable> = new Map()
  #facts: ReadonlyMap<string, LogFacts> = new Map()
  readonly #tableOfLeaf = new Map<number, string>()
  #findAgain: (signal: AbortSignal) => Promise<unknown> = async () => {}
  #isAgain = false
  /** The tables as whoever reads them knows them: as they were found before they were found again. */
  #known: ReadonlyMap<string, LoggedTable> = new Map()
  #since: Snapshot | undefined
  /** Whatever made the tables as they were last found is in the log before this; undefined: nobody has looked where the log was then. */
  madeBefore: WalPosition | undefined
  /** What the tables are like, by their names: see `shapeText`. */
  shapes: Readonly<Record<string, string>> = {}

  readonly #given: GivenNames | undefined

  constructor(sessions: Sessions, given?: GivenNames) {
    this.#sessions = sessions
    this.#given = given
  }

  /** What the log needs to know of tables. @returns by their names. */
  async facts(
    tables: readonly FoundTable[],
    { signal }: Pick<Asked, 'signal'>,
  ): Promise<ReadonlyMap<string, LogFacts>> {
    const byOid = await this.#sessions.inTransaction(signal, (client) =>
      logFacts(client, tables.map(oidOf), this.#given),
    )
    return new Map(tables.map((table) => [table.name, byOid.get(oidOf(table))!]))
  }

  /** Finds out why tables are not in the publication that was made for them. @returns for each why; undefined: it is. */
  async unpublished({
    signal,
  }: Pick<Asked, 'signal'>): Promise<(table: Pick<LoggedTable, 'found' | 'leaves'>) => SyncError | undefined> {
    const given = this.#given
    if (given === undefined) return () => undefined
    const published = await this.#sessions.inTransaction(signal, (client) => givenTables(client, given))
    return (table) => unpublishedFor(this.#sessions.label, given, published, table)
  }

  /** What is seen now. */
  async now(signal: AbortSignal): Promise<Snapshot> {
    const [row] = await this.#sessions.inTransaction(signal, (client) =>
      ask(client, 'SELECT pg_catalog.pg_current_snapshot()::text'),
    )
    return parseSnapshot(row![0]!)
  }

  /**
   * From here on these tables are read.
   *
   * @param since what was seen before they were looked for: they are as all of that made them.
   * @param findAgain has this called once more, with the tables that there are then.
   */
  take(
    tables: readonly LoggedTable[],
    facts: ReadonlyMap<string, LogFacts>,
    { since, findAgain }: { readonly since: Snapshot; readonly findAgain: (signal: AbortSignal) => Promise<unknown> },
  ): void {
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    this.#facts = facts
    this.#findAgain = findAgain
    this.#since = since
    if (!this.#isAgain) this.#known = this.#tables
    this.madeBefore = undefined
    this.#tableOfLeaf.clear()
    for (const { name, leaves } of tables) for (const { oid } of leaves) this.#tableOfLeaf.set(oid, name)
    this.shapes = Object.fromEntries(tables.map((table) => [table.name, shapeText(this.shape(table.name))]))
  }

  get tables(): Iterable<LoggedTable> {
    return this.#tables.values()
  }

  table(name: string): LoggedTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`table "${name}" is not read from the log`)
    return table
  }

  /** Finds all tables once more. */
  async again(signal: AbortSignal): Promise<void> {
    this.#isAgain = true
    try {
      await this.#findAgain(signal)
    } finally {
      this.#isAgain = false
    }
  }

  /** Tables that have other columns than whoever reads them knows. */
  get reshaped(): readonly LoggedTable[] {
    return [...this.#tables.values()].filter((table) => {
      const known = this.#known.get(table.name)
      return known !== undefined && !hasSameColumns(known, table)
    })
  }

  /** Whether tables are as a transaction left them, or a later one. @param xid as a log has it. */
  has(xid: number): boolean {
    return this.#since !== undefined && sees(this.#since, xid)
  }

  /** Whether a table has the columns that the log describes, and these are all that are read. */
  describes({ name, columns: read }: LoggedTable, { columns }: LogRelation): boolean {
    const known = this.#facts.get(name)?.columns ?? []
    const isKnown = columns.every((one) =>
      known.some(({ name, type, modifier }) => name === one.name && type === one.type && modifier === one.modifier),
    )
    return isKnown && read.every((one) => columns.some(({ name }) => name === one.name))
  }

  /** The table that a relation holds rows of; undefined: it is not read. */
  async tableOf(oid: number, { signal }: Pick<Asked, 'signal'>): Promise<LoggedTable | undefined> {
    const known = this.#tableOfLeaf.get(oid)
    if (known !== undefined) return this.#tables.get(known)
    // It may be a partition that is new.
    const rows = await this.#sessions.inTransaction(signal, (client) =>
      ask(client, 'SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors($1)', [oid]),
    )
    const roots = new Set(rows.map(([root]) => root))
    const table = [...this.#tables.values()].find(({ found }) => roots.has(oidOf(found)))
    if (table !== undefined) this.#tableOfLeaf.set(oid, table.name)
    return table
  }

  /** What a table is like: the columns that are read, its files and its partitions. */
  shape(name: string): Shape {
    const { found, leaves, columns: read } = this.table(name)
    const { columns = [], attributes = 0, membership } = this.#facts.get(name) ?? {}
    const partitions = leaves.filter(({ oid }) => String(oid) !== oidOf(found))
    return {
      columns: columns.filter((one) => read.some(({ name }) => name === one.name)),
      attributes,
      numbers: columns.map(({ number }) => number),
      files: leaves.map(({ oid, file }) => `${oid}.${file}`),
      leaves: new Map([
        ...partitions.map(({ oid, attachment }) => [String(oid), attachment] as const),
        ...(membership === undefined ? [] : [[MEMBERSHIP, membership] as const]),
      ]),
      horizon: Number(BigInt.asUintN(32, this.#since?.xmin ?? 0n)),
    }
  }
}
