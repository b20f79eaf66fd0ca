import type pg from 'pg'
import { ChangedColumn } from '../changed-column.ts'
import type { Row } from '../database.ts'
import type { RowMaker, RowSink, RowTap } from './row-tap.ts'

interface Connection {
  query(text: string): void
}

/**
 * The next rows of a cursor. `pg-cursor` would keep one statement running for the whole window, so that the server's
 * statement timeout also counts the time in which we write; a `FETCH` is a statement of its own.
 */
export class Page implements RowSink {
  readonly rows: Row[] = []
  bytes = 0
  failure: RowSink['failure']
  readonly maker: RowMaker
  readonly wanted: number
  readonly done: Promise<this>
  readonly #tap: RowTap
  readonly #resolve: (page: this) => void
  readonly #reject: (error: unknown) => void

  constructor(maker: RowMaker, wanted: number, tap: RowTap) {
    this.maker = maker
    this.wanted = wanted
    this.#tap = tap
    const { promise, resolve, reject } = Promise.withResolvers<this>()
    this.done = promise
    this.#resolve = resolve
    this.#reject = reject
    promise.catch(() => {})
  }

  static fetch(client: pg.Client, tap: RowTap, maker: RowMaker, wanted: number): Page {
    const page = new Page(maker, wanted, tap)
    client.query(page as unknown as pg.Submittable)
    return page
  }

  /** Fewer rows than asked for: there are no more. */
  get isLast(): boolean {
    return this.rows.length < this.wanted
  }

  submit(connection: Connection): void {
    this.#tap.open(this)
    connection.query(`FETCH ${this.wanted} FROM tidemark`)
  }

  /** Comes before the rows, so that none of another form is made. */
  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    for (const [at, { name, answers }] of this.maker.columns.entries()) {
      if (answers !== undefined && fields[at]?.dataTypeID !== answers)
        this.failure ??= { error: new ChangedColumn(name) }
    }
  }

  /** Only where the driver reads the rows itself. */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.failure !== undefined) return
    const { names, columns, template } = this.maker
    const row = { ...template }
    for (const [at, field] of fields.entries()) {
      if (field === null) continue
      this.bytes += field.length
      const { decode } = columns[at]!
      row[names[at]!] = decode === undefined ? field : decode(field as never)
    }
    this.rows.push(row)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#tap.close()
    if (this.failure === undefined) this.#resolve(this)
    else this.#reject(this.failure.error)
  }

  handleError(error: unknown): void {
    this.#tap.close()
    this.#reject(error)
  }
}
