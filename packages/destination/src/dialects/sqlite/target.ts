import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-tables.ts'
import type { Layout } from '../../table/columns.ts'
import { codeOf } from './errors.ts'

/** Values that a statement names: `:now`, `:partition` and their like. */
export type Named = Record<string, string | number | bigint | null>

/** SQLite's primary result code for a rule that a statement breaks, a trigger's too. */
const CONSTRAINT = 19
/** The most parameters that SQLite takes in one statement. */
const PARAMETERS = 32_766
/** More rows a statement are faster until about here; beyond it the statement only grows. */
const ROWS = 100

/** A table that is ready to be written, with its statements: each is made and compiled once. */
export class Target {
  readonly layout: Layout
  readonly #raw: DatabaseSync
  readonly #db: Kysely<StateDatabase>
  readonly #statements = new Map<string, StatementSync>()

  constructor(layout: Layout, raw: DatabaseSync, db: Kysely<StateDatabase>) {
    this.layout = layout
    this.#raw = raw
    this.#db = db
  }

  /** The statement of this name, made at first use. */
  statement(name: string, make: () => RawBuilder<unknown>): StatementSync {
    let statement = this.#statements.get(name)
    if (statement === undefined) {
      statement = this.#raw.prepare(make().compile(this.#db).sql)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      statement.setAllowUnknownNamedParameters(true)
      this.#statements.set(name, statement)
    }
    return statement
  }

  /** Runs a statement that names its values. @returns how many rows it changed. */
  run(name: string, make: () => RawBuilder<unknown>, named: Named, values: readonly unknown[] = []): number {
    return Number(this.statement(name, make).run(named, ...(values as never[])).changes)
  }

  /**
   * Runs a statement whole or not at all: a trigger's RAISE(FAIL), as a rule ON CONFLICT FAIL, keeps what a statement had done
   * before. @throws SyncError where a trigger has rolled the whole transaction back.
   */
  whole<T>(work: () => T): T {
    const run = (name: string, text: string) => this.statement(name, () => sql.raw(text)).run()
    run('whole', 'savepoint whole')
    try {
      const result = work()
      run('release', 'release whole')
      return result
    } catch (error) {
      if (this.#raw.isTransaction) {
        run('back', 'rollback to whole')
        run('release', 'release whole')
      } else if (codeOf(error) === CONSTRAINT) throw rolledBack(this.layout.name, error)
      throw error
    }
  }

  /** Runs a statement that is not kept. */
  exec(statement: RawBuilder<unknown>): void {
    this.#raw.exec(statement.compile(this.#db).sql)
  }

  /** Runs a statement and gives its rows as arrays. */
  all(
    name: string,
    make: () => RawBuilder<unknown>,
    named: Named = {},
    values: readonly unknown[] = [],
  ): readonly (readonly unknown[])[] {
    return this.statement(name, make).all(named, ...(values as never[])) as unknown as readonly (readonly unknown[])[]
  }

  /** The number that a statement gives. */
  count(name: string, make: () => RawBuilder<unknown>, named: Named): number {
    return Number(this.all(`count ${name}`, make, named)[0]![0])
  }

  /** Statements hold memory; those of a table that is not written now are given back, or those of one staging slot. */
  forget(slot?: number): void {
    if (slot === undefined) this.#statements.clear()
    else for (const name of this.#statements.keys()) if (name.endsWith(`@${slot}`)) this.#statements.delete(name)
  }

  get raw(): DatabaseSync {
    return this.#raw
  }
}

function rolledBack(table: string, cause: unknown): SyncError {
  return new SyncError(
    `a trigger on "${table}" rolls the whole transaction back (${messageOf(cause)}), so no row of the table can be written; make it RAISE(ABORT, …), and the row it refuses is rejected alone`,
    'fix-config',
    { code: 'table-changed', cause },
  )
}

/** How many rows of this width one statement takes. */
export function rowsAStatement(width: number): number {
  return Math.max(1, Math.min(ROWS, Math.floor(PARAMETERS / width) - 1))
}

export interface RefusedRow {
  readonly row: readonly unknown[]
  readonly error: unknown
}

export interface Bulk {
  /** The statement of so many rows. */
  statement(rows: number): StatementSync
  /** How many values a row has. */
  readonly width: number
  readonly named: Named
  /** Whether an error means that the database refused these values, so that the row is to blame. */
  refuses(error: unknown): boolean
  /** Runs a statement whole or not at all. */
  whole<T>(work: () => T): T
}

/**
 * Writes encoded rows, many a statement. The rows of a statement that the database refuses are tried one by one, and those
 * that are refused alone come back.
 */
export function writeBulk(
  rows: readonly (readonly unknown[])[],
  { statement, width, named, refuses, whole }: Bulk,
): { readonly changes: number; readonly refused: readonly RefusedRow[] } {
  const many = rowsAStatement(width)
  const refused: RefusedRow[] = []
  let changes = 0
  let at = 0
  if (rows.length >= many) {
    const statementOfMany = statement(many)
    const values: unknown[] = new Array(many * width)
    for (; at + many <= rows.length; at += many) {
      let to = 0
      for (let row = at; row < at + many; row++) {
        const encoded = rows[row]!
        for (let column = 0; column < width; column++) values[to++] = encoded[column]
      }
      try {
        changes += Number(whole(() => statementOfMany.run(named, ...(values as never[]))).changes)
      } catch (error) {
        if (!refuses(error)) throw error
        for (let row = at; row < at + many; row++) writeOne(rows[row]!)
      }
    }
  }
  for (; at < rows.length; at++) writeOne(rows[at]!)
  return { changes, refused }

  function writeOne(row: readonly unknown[]): void {
    try {
      changes += Number(whole(() => statement(1).run(named, ...(row as never[]))).changes)
    } catch (error) {
      if (!refuses(error)) throw error
      refused.push({ row, error })
    }
  }
}

/** Whether a failed statement left the transaction open, and is about its values. */
export function refusesIn(raw: DatabaseSync): (error: unknown) => boolean {
  return (error) => {
    if (!raw.isTransaction) return false
    const code = codeOf(error)
    // Too big, a constraint of the user's, a wrong type, a trigger of the user's.
    return (
      code === 18 || code === CONSTRAINT || code === 20 || (error as { code?: unknown }).code === 'ERR_INVALID_ARG_TYPE'
    )
  }
}
