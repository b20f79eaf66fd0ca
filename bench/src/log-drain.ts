import { setTimeout as sleep } from 'node:timers/promises'
import { conninfo, type LogServers, mustEqual, readLog } from './log-world.ts'
import { type Found, seconds } from './measure.ts'

const SUM = 'count(*)::text, sum(v)::text, sum(hashtext(note)::bigint)::text'

/**
 * So many changes wait in the log: six of ten are updates, three insertions, one a deletion, a thousand in a transaction. A subscription of
 * Postgres applies them, and then Tidemark.
 */
export async function drain(servers: LogServers, changes: number): Promise<Found> {
  const { from, into } = servers
  const database = await from.newDatabase()
  const subscriber = await into.newDatabase()
  const transactions = Math.floor(changes / 1000)
  const at = async (statement: string) => await from.rows(statement, database)
  const there = async (statement: string) => await into.rows(statement, subscriber)
  const table =
    'CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, note text, at timestamptz DEFAULT clock_timestamp())'
  await at(table)
  await at(`INSERT INTO t SELECT g, 0, md5(g::text) FROM generate_series(1, ${transactions * 700}) g`)
  await at('CREATE PUBLICATION native FOR TABLE t')
  await there(table)
  await there(
    `CREATE SUBSCRIPTION native CONNECTION '${conninfo(from, database).replaceAll("'", "''")}' PUBLICATION native`,
  )
  while ((await there(`SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r'`)).length > 0) await sleep(100)
  await there('ALTER SUBSCRIPTION native DISABLE')
  const { url, schema } = await into.newSchema()
  await readLog(url, servers, database, ['t'])
  await at(`DO $$ BEGIN FOR i IN 0..${transactions - 1} LOOP
    UPDATE t SET v = v + 1, note = md5(note) WHERE id > i * 600 AND id <= i * 600 + 600;
    INSERT INTO t SELECT 100000000 + i * 300 + g, 1, md5(g::text) FROM generate_series(1, 300) g;
    DELETE FROM t WHERE id > ${transactions * 600} + i * 100 AND id <= ${transactions * 600} + i * 100 + 100;
    COMMIT; END LOOP; END $$`)
  const wanted = await at(`SELECT ${SUM} FROM t`)
  const [[end]] = (await at('SELECT pg_current_wal_lsn()::text')) as [[string]]
  const native = await seconds(async () => {
    await there('ALTER SUBSCRIPTION native ENABLE')
    const left = `SELECT FROM pg_replication_slots WHERE slot_name = 'native' AND confirmed_flush_lsn < '${end}'`
    while ((await at(left)).length > 0) await sleep(50)
  })
  mustEqual('what the subscription applied', await there(`SELECT ${SUM} FROM t`), wanted)
  await there('ALTER SUBSCRIPTION native DISABLE')
  const used = process.cpuUsage()
  const tidemark = await seconds(() => readLog(url, servers, database, ['t']))
  const { user, system } = process.cpuUsage(used)
  const live = `SELECT ${SUM} FROM "${schema}".sql_t WHERE _deleted_at IS NULL`
  mustEqual('what Tidemark applied', await into.rows(live), wanted)
  await there('DROP SUBSCRIPTION native')
  const count = transactions * 1000
  return {
    changes: count,
    native: count / native,
    tidemark: count / tidemark,
    ratio: native / tidemark,
    microseconds: (user + system) / count,
  }
}
