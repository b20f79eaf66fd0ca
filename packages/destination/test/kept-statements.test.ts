import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { expect, it } from 'vitest'
import { dialectOf } from '../src/dialects/sqlite/database.ts'

interface Tables {
  readonly t: { readonly a: number; readonly b?: number }
}

function opened(): { readonly raw: DatabaseSync; readonly db: Kysely<Tables> } {
  const raw = new DatabaseSync(':memory:')
  raw.exec('create table t (a integer primary key) strict')
  return { raw, db: new Kysely<Tables>({ dialect: dialectOf(raw) }) }
}

it('a statement that was run before sees a table that was changed meanwhile', async () => {
  const { raw, db } = opened()
  const look = () => db.selectFrom('t').selectAll().execute()
  expect(await look()).toEqual([])
  raw.exec('insert into t values (1); alter table t add column b integer default 2')
  expect(await look()).toEqual([{ a: 1n, b: 2n }])
  raw.exec('drop table t; create table t (b integer, c text) strict; insert into t values (3, null)')
  expect(await look()).toEqual([{ b: 3n, c: null }])
})

it('a statement that failed, or whose rows were left, works again', async () => {
  const { db } = opened()
  const add = (a: number) => db.insertInto('t').values({ a }).execute()
  await add(1)
  await expect(add(1)).rejects.toThrow(/UNIQUE/)
  await add(2)
  const look = db.selectFrom('t').select('a').orderBy('a')
  for await (const row of look.stream()) {
    expect(row).toEqual({ a: 1n })
    break
  }
  expect(await look.execute()).toEqual([{ a: 1n }, { a: 2n }])
})

it('transactions begin, commit and roll back as often as it takes', async () => {
  const { raw, db } = opened()
  for (let turn = 0; turn < 3; turn++) {
    await db.transaction().execute((trx) => trx.insertInto('t').values({ a: turn }).execute())
    const failed = db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ a: 100 }).execute()
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
  }
  expect(raw.prepare('select count(*) as n from t').get()).toEqual({ n: 3 })
})

it('more statements than are kept do no harm', async () => {
  const { db } = opened()
  for (let turn = 0; turn < 2; turn++)
    for (let at = 0; at < 250; at++)
      expect((await sql`select ${sql.raw(String(at))} as n`.execute(db)).rows).toEqual([{ n: BigInt(at) }])
})
