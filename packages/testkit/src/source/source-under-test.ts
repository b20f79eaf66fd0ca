import type { Source } from '@tidemark/core'
import { positionOf, type Range, type Table, textAt } from '@tidemark/core/engine'
import type { LawName } from './law-name.ts'
import { configOf, type OnePartition, Opened, type OpenOptions } from './opened.ts'
import type { SourceTestOptions } from './options.ts'
import { OpenPlace } from './place.ts'
import { type ReadRow, read } from './reading.ts'
import { textOf } from './row-text.ts'
import type { Waivers } from './waivers.ts'

/** A partition of a table with what can be read of it. */
export interface Subject {
  readonly table: Table
  readonly partition: OnePartition
  /** What is looked at; undefined where the table has no cursor. */
  readonly range: Range | undefined
  /** The rows of the range. */
  readonly rows: readonly ReadRow[]
  /** The cursor values of the rows, each once, ascending. */
  readonly points: readonly bigint[]
  /** The keys that were reported as deleted, as texts. */
  readonly deleted: readonly string[]
}

// A table may have thousands of partitions; the laws are the same for all.
const MAX_PARTITIONS = 3
const MAX_PARTITIONS_LISTED = 20

/** A source under test with its system: what laws look at. */
export class SourceUnderTest {
  readonly source: Source
  readonly options: SourceTestOptions
  /** The module that registers the source; undefined where none was found. */
  readonly entry: URL | undefined
  readonly law: LawName
  readonly #waivers: Waivers

  constructor(source: Source, options: SourceTestOptions, waivers: Waivers, law: LawName, entry: URL | undefined) {
    this.source = source
    this.options = options
    this.law = law
    this.entry = entry
    this.#waivers = waivers
  }

  place(): Promise<OpenPlace> {
    return OpenPlace.open(this.options)
  }

  config(place: OpenPlace): unknown {
    return configOf(this.source, this.options, place)
  }

  open(place: OpenPlace, options?: OpenOptions): Promise<Opened> {
    return Opened.open(this.source, this.config(place), options)
  }

  /** Whether the law is waived for a table. */
  isWaived(table: string): boolean {
    return this.#waivers.reasonFor(this.law, table) !== undefined
  }

  /** The tables that the law is asked about. */
  tables(opened: Opened): readonly Table[] {
    const names = opened.tables.map(({ name }) => name)
    const odd = this.#waivers.tables.find(({ table, law }) => law === this.law && !names.includes(table))
    if (odd !== undefined)
      throw new Error(`waive: there is no table "${odd.table}"; the tables are ${names.join(', ') || 'none'}`)
    return opened.tables.filter((table) => !this.isWaived(table.name))
  }

  /** Tables of the source, with the first few partitions that have rows. */
  async subjects(opened: Opened): Promise<readonly Subject[]> {
    const found: Subject[] = []
    for (const table of this.tables(opened)) found.push(...(await this.subjectsOf(opened, table)))
    return found
  }

  async subjectsOf(opened: Opened, table: Table, most = MAX_PARTITIONS): Promise<readonly Subject[]> {
    const found: Subject[] = []
    for (const partition of (await opened.partitions(table)).slice(0, MAX_PARTITIONS_LISTED)) {
      if (found.length >= most) break
      const subject = await this.#subject(opened, table, partition)
      if (subject.rows.length > 0) found.push(subject)
    }
    return found
  }

  async #subject(opened: Opened, table: Table, partition: OnePartition): Promise<Subject> {
    const asked = await this.range(opened, table, partition)
    const { rows, deleted: gone } = await read(opened, table, partition, asked)
    const deleted = gone.map(textOf)
    const positions = rows.flatMap(({ position }) => (typeof position === 'bigint' ? [position] : []))
    const points = [...new Set(positions)].sort((a, b) => (a < b ? -1 : 1))
    const { cursor } = table
    const [least] = points
    if (asked === undefined || cursor === undefined || least === undefined)
      return { table, partition, range: asked, rows, points, deleted }
    // Without a start of its own, what is looked at begins with the first row.
    const range = { from: asked.from ?? floor(least, cursor.tick), to: asked.to }
    return { table, partition, range, rows, points, deleted }
  }

  /** What is read of a partition: the test's window, else all there is. Undefined: it has no cursor. */
  async range(opened: Opened, table: Table, partition: OnePartition): Promise<Range | undefined> {
    return this.#asked(table) ?? (await opened.whole(table, partition))
  }

  /** Where the histories of tables start in a run of the engine, where the test's window says so. */
  starts(tables: readonly Table[]): Readonly<Record<string, string>> {
    return Object.fromEntries(
      tables.flatMap((table) => {
        const from = this.#asked(table)?.from
        return from === undefined || table.cursor === undefined
          ? []
          : [[table.name, textAt(from, { ...table.cursor, precision: undefined })]]
      }),
    )
  }

  #asked(table: Table): Range | undefined {
    const { cursor } = table
    const window = this.options.windows?.[table.name] ?? this.options.window
    if (cursor === undefined || window === undefined) return undefined
    const position = (value: unknown): bigint => {
      const found = positionOf(
        cursor.type === 'integer' && typeof value === 'string' ? BigInt(value) : value,
        cursor.type,
      )
      if (found === undefined)
        throw new Error(
          `window: ${String(value)} is not a ${cursor.type}, the type of the cursor of table "${table.name}"`,
        )
      return BigInt(found)
    }
    return { from: window.from === undefined ? undefined : position(window.from), to: position(window.to) }
  }
}

function floor(position: bigint, tick: bigint): bigint {
  const below = ((position % tick) + tick) % tick
  return position - below
}
