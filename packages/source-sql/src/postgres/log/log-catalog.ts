import type { Asked } from '../../database.ts'
import type { FoundTable } from '../../found-table.ts'
import { ask } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { type LogFacts, logFacts } from './leaves.ts'
import type { LoggedTable } from './logged-table.ts'
import { columnMark, filesMark, shapeText } from './shape.ts'

const oidOf = ({ details }: FoundTable): string => String(details['oid'])

/** The tables that are read from a log, as they were last found. */
export class LogCatalog {
  readonly #sessions: Sessions
  #tables: ReadonlyMap<string, LoggedTable> = new Map()
  #facts: ReadonlyMap<string, LogFacts> = new Map()
  readonly #tableOfLeaf = new Map<number, string>()
  #findAgain: () => Promise<unknown> = async () => {}
  /** What the tables are like, by their names: see `shapeText`. */
  shapes: Readonly<Record<string, string>> = {}

  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  /** What the log needs to know of tables. @returns by their names. */
  async facts(
    tables: readonly FoundTable[],
    { signal }: Pick<Asked, 'signal'>,
  ): Promise<ReadonlyMap<string, LogFacts>> {
    const byOid = await this.#sessions.inTransaction(signal, (client) => logFacts(client, tables.map(oidOf)))
    return new Map(tables.map((table) => [table.name, byOid.get(oidOf(table))!]))
  }

  /** From here on these tables are read. @param findAgain has this called once more, with the tables that there are then. */
  take(tables: readonly LoggedTable[], facts: ReadonlyMap<string, LogFacts>, findAgain: () => Promise<unknown>): void {
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    this.#facts = facts
    this.#findAgain = findAgain
    this.#tableOfLeaf.clear()
    for (const { name, leaves } of tables) for (const { oid } of leaves) this.#tableOfLeaf.set(oid, name)
    this.shapes = Object.fromEntries(tables.map((table) => [table.name, this.#shapeOf(table)]))
  }

  get tables(): Iterable<LoggedTable> {
    return this.#tables.values()
  }

  table(name: string): LoggedTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`table "${name}" is not read from the log`)
    return table
  }

  /** The table as it is now; undefined: it is not there any more. */
  async again(name: string): Promise<LoggedTable | undefined> {
    await this.#findAgain()
    return this.#tables.get(name)
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

  #shapeOf({ name, found, leaves }: LoggedTable): string {
    const columns = this.#facts.get(name)?.columns ?? []
    const partitions = leaves.map(({ oid }) => String(oid)).filter((oid) => oid !== oidOf(found))
    return shapeText({
      columns: new Map(columns.map((column) => [columnMark(column.name, column.type), column.number])),
      files: filesMark(leaves.map(({ oid, file }) => `${oid}.${file}`)),
      leaves: new Set(partitions),
    })
  }
}
