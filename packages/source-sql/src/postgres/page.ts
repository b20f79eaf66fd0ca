import type { BinaryPage } from '@tidemark/core'
import type pg from 'pg'
import { ChangedColumn } from '../changed-column.ts'
import { type Chunk, Chunks } from '../chunks.ts'
import type { Row } from '../database.ts'
import { isReadAs } from './column-reading.ts'
import type { DataRowParser, DataRowSink, RowMaker } from './data-row-parser.ts'

const rowsIn = (offsets: Uint32Array): number => offsets.length >> 1

interface Connection {
  query(text: string): void
}

/**
 * The next rows of a cursor. `pg-cursor` would keep one statement running for the whole window; a `FETCH` is a statement of
 * its own, and its rows are handed on in chunks, as they come.
 */
export class Page<T extends Row | BinaryPage<Row> = Row> implements DataRowSink {
  readonly maker: RowMaker
  readonly addBinary: DataRowSink['addBinary']
  readonly wanted: number
  readonly #chunks: Chunks<T>
  readonly #tap: DataRowParser
  #failure: { readonly error: unknown } | undefined

  /** @param binary makes a page of rows that come in the binary form; absent: they come as texts. */
  constructor(
    maker: RowMaker,
    wanted: number,
    tap: DataRowParser,
    binary?: (bytes: Buffer, offsets: Uint32Array) => T,
  ) {
    this.maker = maker
    this.addBinary =
      binary && ((bytes, offsets) => this.#add(() => binary(bytes, offsets), bytes.length, rowsIn(offsets)))
    this.wanted = wanted
    this.#tap = tap
    this.#chunks = new Chunks(tap)
  }

  static fetch<T extends Row | BinaryPage<Row>>(
    { client, tap }: { readonly client: pg.Client; readonly tap: DataRowParser },
    ...[maker, wanted, binary]: [RowMaker, number, ((bytes: Buffer, offsets: Uint32Array) => T)?]
  ): Page<T> {
    const page = new Page<T>(maker, wanted, tap, binary)
    client.query(page as unknown as pg.Submittable)
    return page
  }

  /** Known when its last chunk was taken: fewer rows than asked for, so there are no more. */
  get isLast(): boolean {
    return this.rows < this.wanted
  }

  get rows(): number {
    return this.#chunks.rows
  }

  get bytes(): number {
    return this.#chunks.bytes
  }

  next(withinMs: number): Promise<Chunk<T>> {
    return this.#chunks.next(withinMs)
  }

  add(make: () => Row, bytes: number): void {
    this.#add(make as () => T, bytes, 1)
  }

  #add(make: () => T, bytes: number, rows: number): void {
    if (this.#failure !== undefined) return
    // Nothing is thrown into the connection, where nobody would catch it.
    try {
      this.#chunks.add(make(), bytes, rows)
    } catch (error) {
      this.#failure = { error }
    }
  }

  submit(connection: Connection): void {
    this.#tap.open(this)
    connection.query(`FETCH ${this.wanted} FROM tidemark`)
  }

  /** Comes before the rows, so that none of another form is made. The bytes of types that are written alike are others. */
  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    for (const [at, { name, answers }] of this.maker.columns.entries()) {
      if (answers !== undefined && !this.#isRead(fields[at]?.dataTypeID, answers))
        this.#failure ??= { error: new ChangedColumn(name) }
    }
  }

  #isRead(answered: number | undefined, expected: number): boolean {
    return this.addBinary === undefined ? isReadAs(answered, expected) : answered === expected
  }

  /** Only where the driver reads the rows itself. */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const { names, columns, template } = this.maker
    const bytes = fields.reduce((sum, field) => sum + (field?.length ?? 0), 0)
    this.add(() => {
      const row = { ...template }
      for (const [at, field] of fields.entries()) {
        if (field === null) continue
        const { decode } = columns[at]!
        row[names[at]!] = decode === undefined ? field : decode(field as never)
      }
      return row
    }, bytes)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#tap.close()
    if (this.#failure === undefined) this.#chunks.end()
    else this.#chunks.fail(this.#failure.error)
  }

  handleError(error: unknown): void {
    this.#tap.close()
    this.#chunks.fail(error)
  }
}
