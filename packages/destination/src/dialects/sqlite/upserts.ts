import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import { raiseEqual, upsert } from '../../rows/merge.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { dataColumns } from '../../table/columns.ts'
import type { Target } from '../target.ts'
import type { RangeTerms, Terms } from '../terms.ts'
import { prepared } from './bulk.ts'

const { raw } = sql

/** Statements of so many tables are kept; each table's take some hundred kilobytes. */
const TABLES = 16

export type Truth = 'everywhere below' | 'in a range' | 'nowhere'

/** What of a step's terms its statements bind by name: once a statement, and not once a row. */
function namedTerms(truth: Truth): Terms {
  const ranges: Readonly<Record<Truth, RangeTerms | undefined>> = {
    nowhere: undefined,
    'everywhere below': { from: undefined, to: raw(':truth_to') },
    'in a range': { from: raw(':truth_from'), to: raw(':truth_to') },
  }
  return {
    now: raw(':now'),
    began: raw(':began'),
    partition: raw(':partition'),
    run: raw(':run'),
    read: undefined,
    truth: ranges[truth],
  }
}

/** The statements that write rows straight into their tables: each is made and compiled once. */
export class Upserts {
  readonly #tables = new Map<Target, Map<string, StatementSync>>()

  /** The statement that writes so many rows, or raises those that are there so; it names `now`, `began`, `partition`, `run`, `truth_from` and `truth_to`. */
  of(
    database: DatabaseSync,
    db: Kysely<StateDatabase>,
    target: Target,
    what: Truth | 'raise',
    rows: number,
  ): StatementSync {
    const statements = this.#tables.get(target) ?? new Map<string, StatementSync>()
    this.#tables.delete(target)
    this.#tables.set(target, statements)
    if (this.#tables.size > TABLES) this.#tables.delete(this.#tables.keys().next().value!)
    const name = `${rows} ${what}`
    let statement = statements.get(name)
    if (statement === undefined) {
      const text = what === 'raise' ? raiseText(db, target, rows) : textOf(db, target, what, rows)
      statement = prepared(database, text)
      statements.set(name, statement)
    }
    return statement
  }
}

function textOf(db: Kysely<StateDatabase>, target: Target, truth: Truth, rows: number): string {
  const { layout } = target
  const own = Array(dataColumns(layout).length + 1).fill('?')
  const more = [':now', ...(layout.partitioned ? [':partition'] : []), ...(layout.runs ? [':run'] : [])]
  const row = `(${[...own, ...more].join(', ')})`
  const values = sql`values ${raw(Array(rows).fill(row).join(', '))}`
  const order = layout.cursored ? 'ordered' : 'any'
  return upsert({ comparable: (column) => [column] }, target, values, order, namedTerms(truth)).compile(db).sql
}

function raiseText(db: Kysely<StateDatabase>, target: Target, rows: number): string {
  const names = [...dataColumns(target.layout), '_cursor']
  const columns = sql.join(names.map((name, at) => sql`${raw(`column${at + 1}`)} as ${sql.id(name)}`))
  const row = `(${names.map(() => '?').join(', ')})`
  const source = sql`(select ${columns} from (values ${raw(Array(rows).fill(row).join(', '))}))`
  return raiseEqual({ comparable: (column) => [column] }, target, source, { partition: raw(':partition') }).compile(db)
    .sql
}
