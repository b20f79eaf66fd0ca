import { mustEqual, readLog, startServers } from '../log-world.ts'
import { peakMegabytes, report, seconds } from '../measure.ts'

// One transaction of so many rows in the log: what the runner needs of memory for it.
const rows = Number(process.argv[2] ?? 5_000_000)

await report(async () => {
  const servers = await startServers()
  try {
    const { from, into } = servers
    const database = await from.newDatabase()
    await from.rows('CREATE TABLE t (id int PRIMARY KEY, v int, note text)', database)
    const { url, schema } = await into.newSchema()
    await readLog(url, servers, database, ['t'])
    await from.rows(`INSERT INTO t SELECT g, g, md5(g::text) FROM generate_series(1, ${rows}) g`, database)
    const took = await seconds(() => readLog(url, servers, database, ['t']))
    mustEqual('rows', await into.rows(`SELECT count(*)::int FROM "${schema}".sql_t`), [[rows]])
    return { rows, peak: peakMegabytes(), perSecond: rows / took }
  } finally {
    await servers.stop()
  }
})
