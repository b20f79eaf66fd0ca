import { SyncError } from '@tidemark/core'
import { type Contents, type KnownTable, type Lease, messageOf, type NativeCopier } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { RowSum } from '../compare/row-sum.ts'
import { type Conversion, type NativeRows, type Session, Unheld } from '../dialects/dialect.ts'
import type { RelocationBase } from './relocation-base.ts'
import { storedColumns } from './stored-form.ts'
import { tableLayout } from './table-layout.ts'

type Chunk = readonly NativeRows[]

/** A chunk holds about so many bytes. */
const BYTES = 8_000_000

/** Copies the rows of tables as their database writes them. */
export class NativeCopies implements NativeCopier {
  readonly form: string
  readonly #base: RelocationBase
  readonly #looseOf: (table: KnownTable) => Promise<boolean | undefined>

  /** @param looseOf says whether undeclared fields are kept; undefined if the table does not exist. */
  constructor(form: string, base: RelocationBase, looseOf: (table: KnownTable) => Promise<boolean | undefined>) {
    this.form = form
    this.#base = base
    this.#looseOf = looseOf
  }

  get place(): string {
    return this.#base.dialect.place
  }

  async contents(table: KnownTable, isForeign = false): Promise<Contents | undefined> {
    const { connections, dialect } = this.#base
    const loose = await this.#looseAsRecorded(table)
    if (loose === undefined) return undefined
    const { stored } = this.#sums(table, loose, isForeign)
    let rows = 0
    const sum = new RowSum()
    const all = connections.reading(table.name, (session) => stored(session, dialect.table(table.name)))
    for await (const some of all)
      for (const row of some) {
        rows++
        sum.add(row)
      }
    return { rows, hash: sum.text }
  }

  async rows(table: KnownTable, into: NativeCopier = this) {
    const conversion = this.#conversion(into)
    if (conversion === undefined) return undefined
    const loose = await this.#looseAsRecorded(table)
    return loose === undefined ? undefined : { loose, chunks: this.#chunks(table, loose, conversion) }
  }

  sum(table: KnownTable, loose: boolean, isForeign = false) {
    const { of } = this.#sums(table, loose, isForeign)
    let rows = 0
    const sum = new RowSum()
    return {
      add(chunk: unknown) {
        for (const block of chunk as Chunk) {
          rows += block.count
          for (const row of of(block)) sum.add(row)
        }
      },
      contents: () => ({ rows, hash: sum.text }),
    }
  }

  async put(lease: Lease, table: KnownTable, loose: boolean, rows: unknown): Promise<void> {
    const layout = tableLayout(table, loose)
    const columns = storedColumns(layout).map(({ name }) => name)
    const into = { table: this.#base.dialect.table(layout.name), columns }
    await this.#base.fenced(lease, (session) =>
      attempted(session, layout.name, () => session.copyIn!(into, rows as Chunk)),
    )
  }

  async copyBeside(
    from: NativeCopier,
    lease: Lease,
    table: KnownTable,
    { loose, onRows }: { readonly loose: boolean; onRows(rows: number): void },
  ) {
    const { connections, fenced } = this.#base
    const layout = tableLayout(table, loose)
    const columns = storedColumns(layout).map(({ name }) => name)
    return await connections.beside?.(from.place, { name: layout.name, columns }, async (other) => {
      let rows = 0
      for (let copied = -1; copied !== 0; rows += copied) {
        copied = await fenced(lease, (session) => attempted(session, layout.name, () => other.copyNext(session)))
        onRows(rows + copied)
      }
      let different = 0
      for await (const some of connections.reading(layout.name, (session) => other.differences(session))) {
        onRows(rows)
        different += some
      }
      return { rows, isEqual: different === 0 }
    })
  }

  /** Whether undeclared fields are kept; undefined if the table does not exist, or a hand gave a column another type, whose bytes are other values. */
  async #looseAsRecorded(table: KnownTable): Promise<boolean | undefined> {
    const { connections, dialect } = this.#base
    const loose = await this.#looseOf(table)
    const problem = await connections.transaction({ mode: 'read' }, ({ db }) =>
      dialect.editor.problemOf(db, table.name, table.schema),
    )
    return problem === undefined ? loose : undefined
  }

  #conversion(into: NativeCopier): Conversion | undefined {
    if (into.form === this.form) return AS_THEY_ARE
    const given = this.#base.dialect.gives?.[into.form]
    return given ?? (into instanceof NativeCopies ? into.#base.dialect.takes?.[this.form] : undefined)
  }

  #sums(table: KnownTable, loose: boolean, isForeign: boolean) {
    return this.#base.dialect.nativeSums!(storedColumns(tableLayout(table, loose)), isForeign)
  }

  async *#chunks(table: KnownTable, loose: boolean, { column, most = BYTES, of }: Conversion): AsyncGenerator<Chunk> {
    const { connections, dialect } = this.#base
    const layout = tableLayout(table, loose)
    const columns = storedColumns(layout)
    const convert = of(columns.map(({ type }) => type))
    const asked = columns.map(({ name, type }) => column?.(name, type) ?? sql.id(name))
    const query = sql`select ${sql.join(asked)} from ${dialect.table(layout.name)}`
    let blocks: NativeRows[] = []
    let bytes = 0
    try {
      for await (const block of connections.reading(layout.name, (session) => session.copyOut!(query))) {
        blocks.push(...convert(block))
        bytes += block.bytes
        if (bytes < most) continue
        yield blocks
        blocks = []
        bytes = 0
      }
    } catch (error) {
      throw error instanceof Unheld ? unfit(layout.name, error) : error
    }
    if (blocks.length > 0) yield blocks
  }
}

/** Rows of the form that they have. */
const AS_THEY_ARE: Conversion = { of: () => (rows) => [rows] }

/** Writes rows into a table. @throws SyncError code `unfit` where the database refuses some. */
export async function attempted<T>(session: Session, table: string, work: () => Promise<T>): Promise<T> {
  const tried = await session.attempt(table, work)
  if (tried.ok) return tried.value
  throw unfit(table, tried.error)
}

function unfit(table: string, cause: unknown): SyncError {
  const problem = `table "${table}": some of its rows cannot be stored there: ${messageOf(cause)}`
  return new SyncError(problem, 'fix-config', { code: 'unfit', cause })
}
