import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { PostgresServer } from '@tidemark/postgres-server'
import source from '@tidemark/source-sql'
import type { MariaDbServer } from '../../../packages/source-sql/test/mariadb-server.ts'
import type { Case, Reader, Written } from '../example.ts'
import { MARIADB } from '../inputs/mariadb.ts'
import { POSTGRES } from '../inputs/postgres.ts'
import { SQLITE } from '../inputs/sqlite.ts'
import { placeOf } from './files.ts'
import { newFolder } from './folder.ts'

const configOf = (url: string, cases: readonly Case[]): object => ({
  url,
  tables: Object.fromEntries(
    cases.flatMap(({ example: { declared }, number }) =>
      declared === undefined ? [] : [[`t${number}`, { columns: { v: declared } }]],
    ),
  ),
})

/** A table for each example: its value in row 1, and NULL in row 2. */
function statementsOf(cases: readonly Case[], cast: (given: string, kind: string) => string): string[] {
  return cases.flatMap(({ example: { kind = '', given }, number }) => [
    `CREATE TABLE t${number} (id integer NOT NULL PRIMARY KEY, v ${kind})`,
    `INSERT INTO t${number} VALUES (1, ${cast(given, kind)}), (2, NULL)`,
  ])
}

export const postgres = (server: PostgresServer): Reader => ({
  name: 'Postgres',
  examples: POSTGRES,
  async write(cases) {
    const url = server.urlOf(await server.newDatabase())
    const database = new URL(url).pathname.slice(1)
    const types = [
      "CREATE TYPE mood AS ENUM ('sad', 'ok')",
      'CREATE TYPE pair AS (a int, b text)',
      'CREATE TYPE entry AS (k text, v text)',
      'CREATE DOMAIN hstore_like AS entry[]',
    ]
    const statements = statementsOf(cases, (given, kind) => `CAST(${given} AS ${kind})`)
    for (const statement of [...types, ...statements]) await server.rows(statement, database)
    return { source, config: configOf(url, cases), place: placeOf } satisfies Written
  },
})

export const mariadb = (server: MariaDbServer): Reader => ({
  name: 'MariaDB',
  examples: MARIADB,
  async write(cases) {
    const database = `values_${process.pid}_${performance.now().toFixed(0)}`
    await server.execute([
      `CREATE DATABASE ${database} CHARACTER SET utf8mb4`,
      `USE ${database}`,
      "SET sql_mode = 'ALLOW_INVALID_DATES'",
      ...statementsOf(cases, (given) => given),
    ])
    return { source, config: configOf(`${server.url}/${database}`, cases), place: placeOf } satisfies Written
  },
})

export const sqlite: Reader = {
  name: 'SQLite',
  examples: SQLITE,
  async write(cases) {
    const path = join(newFolder(), 'source.db')
    const db = new DatabaseSync(path)
    for (const statement of statementsOf(cases, (given) => given)) db.exec(statement)
    db.close()
    return { source, config: configOf(path, cases), place: placeOf } satisfies Written
  },
}
