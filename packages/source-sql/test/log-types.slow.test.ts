import { describe, expect, it } from 'vitest'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'
import { target } from './target.ts'
import { CREATE, INSERT, MADE_TYPES, TYPES } from './types.ts'

/** Types whose values can be keys here, and those of their values that columns of a destination hold. */
const KEYS = TYPES.filter(([type]) => !/json|xml|point|box|polygon|tags|tsquery|\[\]|nested|pair/.test(type))
  .map(([type, ...values]) => [type, ...values.filter((value) => !/NaN|infinity|BC|'[12]0000-/i.test(value))] as const)
  .filter((one) => one.length > 1)

/** What is there of each type: values as they are stored, and those that do not fit. */
const shown = (world: Pick<LogWorld, 'rows'>): unknown =>
  TYPES.map(([type], at) => [
    type,
    world.rows(
      `SELECT id, typeof(c) kind, CASE typeof(c) WHEN 'blob' THEN hex(c) WHEN 'real' THEN printf('%!.17g', c) ELSE CAST(c AS text) END c
      FROM crm_t${at} WHERE _deleted_at IS NULL ORDER BY id`,
    ),
    world.rows(`SELECT code, message, payload FROM _tidemark_rejects WHERE name = 'crm_t${at}' ORDER BY payload`),
  ])

describe.each(VERSIONS)('values of all types in the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('are the same as those of a query of the table, as history and as changes', async () => {
    const [history, changes] = [await open(), await open()]
    for (const world of [history, changes]) await world.sql(`${MADE_TYPES}; ${CREATE}`)
    await history.sql(INSERT)
    const query = target({ url: history.url })
    await query.run()
    await history.into.run()
    await changes.well()
    await changes.sql(INSERT)
    await changes.into.run()
    const expected = shown(query)
    expect(shown(history)).toEqual(expected)
    expect(shown(changes)).toEqual(expected)
  })

  it('are keys that changes find', async () => {
    const world = await open()
    await world.sql(MADE_TYPES)
    for (const [at, [type, ...values]] of KEYS.entries()) {
      await world.sql(`CREATE TABLE k${at} (k ${type} PRIMARY KEY, v int)`)
      for (const value of values) await world.sql(`INSERT INTO k${at} VALUES (CAST(${value} AS ${type}), 0)`)
    }
    await world.well()
    // The first value's row is deleted, the others change.
    for (const [at, [type, value]] of KEYS.entries()) {
      await world.sql(`UPDATE k${at} SET v = v + 1`)
      await world.sql(`DELETE FROM k${at} WHERE k = CAST(${value} AS ${type})`)
    }
    await world.well()
    for (const [at, [type, ...values]] of KEYS.entries()) {
      const here = world.live(`k${at}`, 'v')
      expect.soft(here, `keys of ${type}`).toEqual(values.slice(1).map(() => ({ v: 1 })))
    }
  })
})
