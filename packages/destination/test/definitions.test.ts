import { expect, it } from 'vitest'
import { entriesOf } from '../src/dialects/sqlite/definitions.ts'

it('a CREATE TABLE comes apart at its commas, whatever stands between them', () => {
  const entries = entriesOf(
    `CREATE TABLE "a, b" ("x, (y" INTEGER not null, 'q' TEXT default '),(' /* , */, [d e] ANY as (x - 1 / (2, 3)) -- , )
     , plain, "a""b" TEXT, primary key ("x, (y", q), CONSTRAINT c check (1, 2)) strict`,
  )
  expect(entries.map(({ name }) => name)).toEqual(['x, (y', 'q', 'd e', 'plain', 'a"b', undefined, undefined])
  expect(entries[2]?.text).toBe('[d e] ANY as (x - 1 / (2, 3))')
})
