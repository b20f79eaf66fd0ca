import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { errorOf, open, postgres, type World } from './harness.ts'

const TABLE = `CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL); CREATE INDEX ON t (updated_at);
  INSERT INTO t SELECT n, '2024-01-01' FROM generate_series(1, 20) n`
const ALL = { to: '2025-01-01T00:00:00Z' }

/** A role that may read the table, and how it comes. */
async function reader(world: World): Promise<{ readonly url: string; readonly role: string }> {
  const role = `reader_${new URL(world.url).pathname.slice(1)}`
  await world.run(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT SELECT ON t TO ${role}`)
  return { role, url: Object.assign(new URL(world.url), { username: role, password: 'x' }).toString() }
}

it('rows that a policy hides do not count as not there: the table is refused, with the way out', async () => {
  const world = await postgres()
  await world.run(`${TABLE}; ALTER TABLE t ENABLE ROW LEVEL SECURITY`)
  const { url, role } = await reader(world)
  await world.run(`CREATE POLICY few ON t FOR SELECT TO ${role} USING (id <= 5)`)
  const opened = await open({ url })
  const error = await errorOf(opened.read('t', ALL))
  expect(error.remedy).toBe('fix-config')
  expect(error.message).toMatch(/row-level security.*"t".*BYPASSRLS.*rowSecurity: "apply"/)
  await opened.client.close()
  const some = await open({ url }, { rowSecurity: 'apply' })
  expect(await some.read('t', ALL)).toHaveLength(5)
  await some.client.close()
  await world.run(`ALTER ROLE ${role} BYPASSRLS`)
  const all = await open({ url })
  expect(await all.read('t', ALL)).toHaveLength(20)
  await all.client.close()
})

it('a session that does not say since when its transaction is open is told of', async () => {
  const world = await postgres()
  await world.run(TABLE)
  const other = await world.session()
  await other('SET track_activities = off')
  await other('BEGIN; INSERT INTO t VALUES (99, now())')
  const opened = await open(world)
  await opened.end()
  expect(opened.warnings.filter((one) => one.includes('track_activities'))).toHaveLength(1)
})

it('a role whose transactions may take only so long reads for longer', async () => {
  const world = await postgres()
  await world.run(TABLE)
  const { url, role } = await reader(world)
  // Known from version 17 on, which the server of the tests is.
  await world.run(`ALTER ROLE ${role} SET transaction_timeout = '300ms'`)
  const opened = await open({ url })
  const { signal } = new AbortController()
  const pages = opened.table('t').read({ client: opened.client, signal, log: console, ...ALL } as never)
  let rows = 0
  for await (const page of pages) {
    await sleep(600)
    rows += (page as readonly unknown[]).length
  }
  expect(rows).toBe(20)
  await opened.client.close()
})

it('a cursor may have any name', async () => {
  const world = await postgres()
  await world.run(`CREATE TABLE t (id int PRIMARY KEY, "when$$at$&" timestamptz NOT NULL);
    INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-03-01')`)
  const opened = await open(world, { tables: { t: { cursor: 'when$$at$&', window: '7d' } } })
  const { signal } = new AbortController()
  const range = await opened.client.database.range(
    { ...(await opened.client.database.tables({ signal, log: console } as never))[0]! },
    'when$$at$&',
    'timestamp',
    { signal, log: console } as never,
  )
  expect(range).toEqual({ min: '2024-01-01T00:00:00.000000Z', max: '2024-03-01T00:00:00.000000Z' })
})
