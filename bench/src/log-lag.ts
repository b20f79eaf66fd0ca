import { setTimeout as sleep } from 'node:timers/promises'
import { OpenSources } from '@tidemark/engine'
import pg from 'pg'
import { type LogServers, source } from './log-world.ts'
import type { Found } from './measure.ts'
import { runInto } from './run.ts'

/** Changes of one transaction. */
const EACH = 10

/**
 * How far a destination is behind while so many changes a second come: the age of the newest change that it shows, looked at every 20 ms. The log is read
 * as between two rounds of `sync --every`: by runs that follow one another over one stream.
 */
export async function lag(servers: LogServers, perSecond: number, forSeconds: number): Promise<Found> {
  const { from, into } = servers
  const database = await from.newDatabase()
  const urlFrom = from.urlOf(database)
  await from.rows('CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, at timestamptz NOT NULL)', database)
  await from.rows(`INSERT INTO t SELECT g, 0, clock_timestamp() FROM generate_series(1, 100000) g`, database)
  const { url, schema } = await into.newSchema()
  const openSources = new OpenSources(() => true, Number.POSITIVE_INFINITY)
  const config = { url: urlFrom, replication: 'log' }
  const run = () => runInto(url, source, { config, openSources })
  await run()
  let isOver = false
  let runs = 0
  const reading = (async () => {
    for (; !isOver; runs++) {
      await run()
      await sleep(100)
    }
  })()
  const writer = new pg.Client(urlFrom)
  const reader = new pg.Client(into.url)
  await Promise.all([writer.connect(), reader.connect()])
  let changes = 0
  const beganAt = performance.now()
  const writing = (async () => {
    while (!isOver) {
      if (changes > ((performance.now() - beganAt) / 1000) * perSecond) {
        await sleep(2)
        continue
      }
      const ids = Array.from({ length: EACH - 1 }, () => 2 + Math.floor(Math.random() * 99_998))
      await writer.query('UPDATE t SET v = v + 1, at = clock_timestamp() WHERE id = 1 OR id = ANY($1)', [ids])
      changes += EACH
    }
  })()
  const lags: number[] = []
  while (performance.now() - beganAt < forSeconds * 1000) {
    await sleep(20)
    const { rows } = await reader.query<{ ms: number }>(
      `SELECT (extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS ms FROM "${schema}".sql_t WHERE id = 1`,
    )
    // What was there before the first change comes is of the start.
    if (performance.now() - beganAt > 3000) lags.push(rows[0]!.ms)
  }
  isOver = true
  const written = changes / ((performance.now() - beganAt) / 1000)
  await Promise.all([writing, reading])
  await Promise.all([writer.end(), reader.end(), openSources.close()])
  lags.sort((a, b) => a - b)
  const at = (share: number): number => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))]!
  return { perSecond: written, looks: lags.length, runs, p50: at(0.5), p99: at(0.99), max: at(1) }
}
