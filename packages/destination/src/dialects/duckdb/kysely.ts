import type { DuckDBConnection } from '@duckdb/node-api'
import {
  type AddColumnNode,
  type ColumnDefinitionNode,
  type CompiledQuery,
  type CreateIndexNode,
  type CreateTableNode,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type InsertQueryNode,
  Kysely,
  type OnConflictNode,
  type OperationNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'
import { quotedName } from '../../values/literal.ts'
import { UNICODE } from '../../values/repertoire.ts'
import type { Driver as DuckDb } from './driver.ts'
import { COUNTED_AT_ANY_VERSION, numbered, sequenceOf } from './numbers.ts'
import { run } from './run.ts'

/** Kysely over one connection. Whoever holds the connection begins and ends its transactions. */
export function kyselyOver(duckdb: DuckDb, connection: DuckDBConnection): Kysely<StateDatabase> {
  const face: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      // Texts for people are written so that they can be held; those that name something are refused before.
      const shown = parameters.map((one) => (typeof one === 'string' ? UNICODE.shown(one) : one))
      const result = await run(duckdb, connection, sql, shown)
      return { rows: (await result.getRowObjects()) as R[], numAffectedRows: BigInt(result.rowsChanged) }
    },
    streamQuery() {
      throw new Error('the state is not streamed')
    },
  }
  const refuse = async (): Promise<never> => {
    throw new Error('a transaction is begun by the connections')
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => face,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new DuckDbCompiler(),
  }
  return new Kysely<StateDatabase>({ dialect })
}

/** DuckDB reads what Postgres does, but for what follows. */
class DuckDbCompiler extends PostgresQueryCompiler {
  /** Nothing counts by itself: a number comes from a sequence that is created before the table. */
  protected override visitCreateTable(node: CreateTableNode): void {
    if (COUNTED_AT_ANY_VERSION.has(node.table.table.identifier.name)) {
      this.append('create sequence if not exists ')
      this.append(quotedName(sequenceOf(node.table.table.identifier.name)))
      this.append('; ')
    }
    // No key: DuckDB takes a key that a transaction deletes and inserts for one that comes twice, and may end the process then.
    super.visitCreateTable({ ...node, constraints: [] })
  }

  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    super.visitColumnDefinition({ ...node, primaryKey: false, unique: false } as ColumnDefinitionNode)
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    const rows = numbered(node)
    if (rows.onConflict === undefined) super.visitInsertQuery(rows)
    else this.#merge(rows, rows.onConflict)
  }

  /** Without a key in the table INSERT … ON CONFLICT is a MERGE. The row that comes is called `excluded` here, too. */
  #merge(
    { into, columns = [], values, returning }: InsertQueryNode,
    { columns: key = [], updates }: OnConflictNode,
  ): void {
    const write = (...pieces: readonly (string | OperationNode)[]): void => {
      for (const piece of pieces) typeof piece === 'string' ? this.append(piece) : this.visitNode(piece)
    }
    write('merge into ', into!, ' using (', values!, ') as excluded (')
    this.compileList(columns)
    write(') on ')
    for (const [at, name] of key.entries()) write(at === 0 ? '' : ' and ', into!, '.', name, ' = excluded.', name)
    if (updates !== undefined) {
      write(' when matched then update set ')
      this.compileList(updates)
    }
    write(' when not matched then insert (')
    this.compileList(columns)
    write(') values (')
    for (const [at, name] of columns.entries()) write(at === 0 ? '' : ', ', 'excluded.', name)
    write(')')
    if (returning !== undefined) write(' ', returning)
  }

  /**
   * No index: there are no partial ones, each is held in memory as a whole, and what is looked up by them is found faster by
   * reading the columns, which DuckDB keeps with their lowest and highest values.
   */
  protected override visitCreateIndex(_node: CreateIndexNode): void {
    this.append('select 1 where false')
  }

  /** A column that is added takes a default and no constraint. No row of the state writes NULL into one of those. */
  protected override visitAddColumn({ column }: AddColumnNode): void {
    this.append('add column ')
    this.visitNode({ ...column, notNull: false } as typeof column)
  }
}
