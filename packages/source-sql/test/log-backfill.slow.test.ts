import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './harness.ts'
import { logRun, USUAL_BATCH } from './log-run.ts'
import { logServer } from './log-world.ts'

/** By hand 5,000,000. */
const ROWS = Number(process.env['TIDEMARK_LOG_ROWS'] ?? 300_000)
const isByHand = ROWS >= 5_000_000
/** Changes a second, in transactions of ten. */
const RATE = 500
/** Rows that are looked at, and changed more often than others. */
const WATCHED = 200

/** What somebody saw who looked at the destination all the time. */
interface Seen {
  looks: number
  older: string[]
  lagsMs: number[]
}

const { open } = logServer(undefined)

it('a reader of a table that is read beside its log never sees an older version, and the log moves on', {
  timeout: 3_600_000,
}, async () => {
  const world = await open()
  await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, note text);
    CREATE TABLE pulse (id int PRIMARY KEY, at timestamptz NOT NULL);
    INSERT INTO pulse VALUES (1, clock_timestamp());
    INSERT INTO t SELECT g, 0, md5(g::text) FROM generate_series(1, ${ROWS}) g`)
  await world.sql('VACUUM ANALYZE t')
  const file = join(temporaryFolder(), 'x.db')
  let isOver = false
  let changes = 0
  const writer = await world.session()
  const writing = (async () => {
    const beganAt = performance.now()
    while (!isOver) {
      const due = ((performance.now() - beganAt) / 1000) * RATE
      if (changes > due) {
        await sleep(5)
        continue
      }
      // Every other change is of a row that is looked at; those lie all over the table.
      const ids = Array.from({ length: 10 }, (_, n) =>
        n % 2 === 0 ? watched(Math.floor(Math.random() * WATCHED)) : 1 + Math.floor(Math.random() * ROWS),
      )
      await writer.query('BEGIN')
      await writer.query('UPDATE t SET v = v + 1 WHERE id = ANY($1)', [ids])
      await writer.query('UPDATE pulse SET at = clock_timestamp()')
      await writer.query('COMMIT')
      changes += 10
    }
  })()
  onTestFinished(() => {
    isOver = true
  })
  /** Where the server's log is released up to, each half second; what it holds does not grow with the backfill. */
  const released: { readonly restart: bigint; readonly confirmed: bigint }[] = []
  const slot = await world.session()
  const releasing = (async () => {
    while (!isOver) {
      await sleep(500)
      const { rows } = await slot.query(
        `SELECT restart_lsn - '0/0' AS restart, confirmed_flush_lsn - '0/0' AS confirmed FROM pg_replication_slots WHERE NOT temporary AND database = current_database()`,
      )
      const [row] = rows
      if (row?.confirmed != null) released.push({ restart: BigInt(row.restart), confirmed: BigInt(row.confirmed) })
    }
  })()
  const run = logRun(file, { url: world.url, replication: 'log' }, USUAL_BATCH)
  let isRead = false
  const ended = run.ended.finally(() => {
    isRead = true
  })
  const beganAt = performance.now()
  const seen = await watch(file, () => isRead)
  const seconds = (performance.now() - beganAt) / 1000
  isOver = true
  await writing
  await releasing
  const { code, output, peakMb } = await ended
  expect({ code, output }).toEqual({ code: 0, output: '' })
  const movesOf = (what: 'restart' | 'confirmed'): number =>
    released.filter((one, at) => at > 0 && one[what] > released[at - 1]![what]).length
  const [restarts, confirmations] = [movesOf('restart'), movesOf('confirmed')]
  const lagMs = Math.max(...seen.lagsMs)
  console.info(
    [
      `${ROWS} rows in ${seconds.toFixed(1)} s beside ${(changes / seconds).toFixed(0)} changes/s: ${seen.looks} looks,`,
      `lag at most ${lagMs} ms, confirmed ${confirmations} times and released ${restarts} times in ${released.length} looks, peak memory ${peakMb} MB`,
    ].join(' '),
  )
  expect(seen.looks).toBeGreaterThan(10)
  expect(seen.older).toEqual([])
  // A machine that has much else to do gets more time.
  expect(lagMs).toBeLessThan(isByHand ? 5000 : 20_000)
  expect(confirmations).toBeGreaterThan(released.length / 4)
  // The server says every 15 s from where on a restart could read: the share of CI may end before.
  if (isByHand) expect(restarts).toBeGreaterThan(seconds / 60)
})

const watched = (n: number): number => 1 + Math.floor((n * (ROWS - 1)) / WATCHED)

/** Looks at the rows again and again. */
async function watch(file: string, isOver: () => boolean): Promise<Seen> {
  const seen: Seen = { looks: 0, older: [], lagsMs: [] }
  const versions = new Map<number, number>()
  const ids = Array.from({ length: WATCHED }, (_, n) => watched(n)).join()
  let db: DatabaseSync | undefined
  while (!isOver()) {
    await sleep(50)
    try {
      db ??= new DatabaseSync(file, { readOnly: true })
      const rows = db.prepare(`SELECT id, v FROM crm_t WHERE id IN (${ids}) AND _deleted_at IS NULL`).all() as {
        id: number
        v: number
      }[]
      const now = new Map(rows.map(({ id, v }) => [id, v]))
      for (const [id, v] of versions) if ((now.get(id) ?? -1) < v) seen.older.push(`${id}: ${now.get(id)} after ${v}`)
      for (const [id, v] of now) versions.set(id, v)
      const pulse = db.prepare('SELECT at FROM crm_pulse').get() as { at: string } | undefined
      if (pulse !== undefined) seen.lagsMs.push(Date.now() - Date.parse(pulse.at))
      seen.looks++
    } catch (error) {
      // Not made yet.
      if (!/no such table|unable to open|locked/.test(String(error))) throw error
    }
  }
  db?.close()
  return seen
}
