import { SyncError } from '@tidemark/core'
import { type Contents, type KnownTable, type Lease, messageOf, type NativeCopier } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { RowSum } from '../compare/row-sum.ts'
import type { NativeRows, Session } from '../dialects/dialect.ts'
import { list } from '../rows/sql.ts'
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

  async contents(table: KnownTable): Promise<Contents | undefined> {
    const there = await this.rows(table)
    if (there === undefined) return undefined
    const sum = this.sum()
    for await (const rows of there.chunks) sum.add(rows)
    return sum.contents()
  }

  async rows(table: KnownTable) {
    const loose = await this.#looseOf(table)
    const { connections, dialect } = this.#base
    // A column that was given another type by hand has bytes of other values.
    const problem = await connections.transaction({ mode: 'read' }, ({ db }) =>
      dialect.editor.problemOf(db, table.name, table.schema),
    )
    if (problem !== undefined) return undefined
    return loose === undefined ? undefined : { loose, chunks: this.#chunks(table, loose) }
  }

  sum() {
    let rows = 0
    const sum = new RowSum()
    return {
      add(chunk: unknown) {
        for (const block of chunk as Chunk) {
          rows += block.count
          for (const weight of block.weights()) sum.add(weight)
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

  async *#chunks(table: KnownTable, loose: boolean): AsyncGenerator<Chunk> {
    const { connections, dialect } = this.#base
    const layout = tableLayout(table, loose)
    const columns = storedColumns(layout).map(({ name }) => name)
    const query = sql`select ${list(columns)} from ${dialect.table(layout.name)}`
    let blocks: NativeRows[] = []
    let bytes = 0
    for await (const block of connections.reading(layout.name, (session) => session.copyOut!(query))) {
      blocks.push(block)
      bytes += block.bytes
      if (bytes < BYTES) continue
      yield blocks
      blocks = []
      bytes = 0
    }
    if (blocks.length > 0) yield blocks
  }
}

/** Writes rows into a table. @throws SyncError code `unfit` where the database refuses some. */
async function attempted<T>(session: Session, table: string, work: () => Promise<T>): Promise<T> {
  const tried = await session.attempt(table, work)
  if (tried.ok) return tried.value
  const problem = `table "${table}": some of its rows cannot be stored there: ${messageOf(tried.error)}`
  throw new SyncError(problem, 'fix-config', { code: 'unfit', cause: tried.error })
}
