import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { failpoint } from '@tidemark/core/engine'
import { Kysely, SqliteDialect, type SqliteStatement } from 'kysely'
import { makeFile } from '../../files/make-file.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { UNICODE } from '../../values/repertoire.ts'
import { BUSY, codeOf, explain } from './errors.ts'
import { KeptStatements } from './kept-statements.ts'
import { temporaryBeside } from './temporary.ts'

/** A SQLite database that is open: the driver's object for the bulk path, and Kysely over the same connection. */
export interface Database {
  readonly path: string
  /** How long SQLite waits for another writer. */
  readonly busyMs: number
  readonly raw: DatabaseSync
  readonly db: Kysely<StateDatabase>
}

export interface DatabaseOptions {
  /** How long another writer is waited for. */
  readonly busyMs: number
}

/** @throws SyncError that names the path and the way out. */
export async function openDatabase(path: string, { busyMs }: DatabaseOptions): Promise<Database> {
  if (path !== ':memory:') makeFile(path)
  temporaryBeside(path)
  let raw: DatabaseSync | undefined
  try {
    raw = new DatabaseSync(path, {
      timeout: busyMs,
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
    })
    await setUp(raw, busyMs)
  } catch (error) {
    raw?.close()
    throw explain(error, path)
  }
  return { path, busyMs, raw, db: new Kysely<StateDatabase>({ dialect: dialectOf(raw) }) }
}

async function setUp(raw: DatabaseSync, busyMs: number): Promise<void> {
  await enterWal(raw, busyMs)
  // FULL: what is committed outlives a power failure. The cache holds the upper levels of large keys.
  raw.exec('pragma synchronous = full; pragma cache_size = -16384; pragma wal_autocheckpoint = 16000')
  // A user's view that is broken must not stop us from changing a table that it does not name.
  raw.exec('pragma legacy_alter_table = on')
}

/** The change to WAL needs the file alone for a moment, and SQLite does not wait for that one itself. */
async function enterWal(raw: DatabaseSync, busyMs: number): Promise<void> {
  const deadline = performance.now() + busyMs
  for (;;) {
    try {
      raw.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (codeOf(error) !== BUSY || performance.now() > deadline) throw error
      await sleep(20)
    }
  }
}

/**
 * Kysely's SQLite dialect over node:sqlite. Every transaction takes the write lock at its start: one that reads first
 * and writes later fails at once where another process wrote in between.
 */
export function dialectOf(raw: DatabaseSync): SqliteDialect {
  const kept = new KeptStatements((text): SqliteStatement => {
    if (text === 'begin') return adapt(raw.prepare('begin immediate'))
    return text === 'commit' ? committing(adapt(raw.prepare(text))) : adapt(raw.prepare(text))
  })
  return new SqliteDialect({
    database: {
      close: () => raw.close(),
      // A full disk ends the transaction by itself.
      prepare: (text) => (text === 'rollback' && !raw.isTransaction ? NOTHING : kept.of(text)),
    },
  })
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
}

/** COMMIT between its two failpoints. */
function committing(statement: SqliteStatement): SqliteStatement {
  return {
    ...statement,
    run: (parameters) => {
      failpoint('before-commit')
      const result = statement.run(parameters)
      failpoint('after-commit')
      return result
    },
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  statement.setReadBigInts(true)
  // Texts for people are written so that they can be held; those that name something are refused before.
  const bind = (parameters: readonly unknown[]) =>
    parameters.map((one) => (typeof one === 'string' ? UNICODE.shown(one) : one)) as readonly SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    // The first parameter must be no object, or node:sqlite takes it for named ones: state holds texts and numbers only.
    all: (parameters) => statement.all(...bind(parameters)),
    run: (parameters) => statement.run(...bind(parameters)),
    iterate: (parameters) => statement.iterate(...bind(parameters)),
  }
}
