import { join } from 'node:path'
import { STATE_RECORDS } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { byHand, folder, open } from './place.ts'
import { onPostgres } from './postgres-place.ts'

const postgres = onPostgres()

/** What a column of a state table is: `bigint not null`. */
type Columns = Readonly<Record<string, string>>

async function sqliteColumns(table: string, path: string): Promise<Columns> {
  await open(path)
  const rows = byHand(path)
    .prepare(
      'select name, lower(type) as type, "notnull" or pk > 0 as required from pragma_table_info(?) order by name',
    )
    .all(table)
  return Object.fromEntries(
    rows.map(({ name, type, required }) => [String(name), `${type}${required === 0 ? '' : ' not null'}`]),
  )
}

async function postgresColumns(table: string, url: string, schema: string): Promise<Columns> {
  const destination = await open(url)
  const { rows } = await destination.query(
    `select column_name, data_type, is_nullable from information_schema.columns where table_schema = '${schema}' and table_name = '${table}' order by 1`,
  )
  return Object.fromEntries(
    rows.map(([name, type, nullable]) => [String(name), `${type}${nullable === 'YES' ? '' : ' not null'}`]),
  )
}

function declared(fields: Readonly<Record<string, string>>, id: string): Columns {
  const types: Readonly<Record<string, string>> = {
    text: 'text not null',
    'text?': 'text',
    integer: 'bigint not null',
    'integer?': 'bigint',
    id,
  }
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, types[type]!]))
}

describe.each(Object.entries(STATE_RECORDS))('the state table of %s', (kind, fields) => {
  it('has the declared columns in SQLite', async () => {
    const found = await sqliteColumns(`_tidemark_${kind}`, join(folder(), 'x.db'))
    expect(found).toEqual(declared(fields, 'integer not null'))
  })

  it('has the declared columns in Postgres', async () => {
    const { url, schema } = await postgres()
    const found = await postgresColumns(`_tidemark_${kind}`, url, schema)
    expect(found).toEqual(declared(fields, 'bigint not null'))
  })
})
