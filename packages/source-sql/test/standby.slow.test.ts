import { startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { conflictOnStandby, tellPostgres } from '../src/postgres/failure.ts'
import { errorOf, open } from './harness.ts'
import { target } from './target.ts'

const ROWS = 60_000

/** A server, and a standby of it that lets no read wait. */
async function pair() {
  const primary = await startPostgres()
  onTestFinished(() => primary.stop())
  await primary.execute(`CREATE TABLE t (id int PRIMARY KEY, v text, updated_at timestamptz NOT NULL); CREATE INDEX ON t (updated_at);
    INSERT INTO t SELECT n, repeat('x', 200), '2024-01-01'::timestamptz + n * interval '1 minute' FROM generate_series(1, ${ROWS}) n;
    CREATE TABLE junk (id int); INSERT INTO junk SELECT generate_series(1, 1000)`)
  const standby = await primary.replica({ max_standby_streaming_delay: '0', max_standby_archive_delay: '0' })
  onTestFinished(() => standby.stop())
  const client = new pg.Client(standby.url)
  await client.connect()
  onTestFinished(() => client.end())
  const replayed = async (): Promise<void> => {
    const [[at]] = (await primary.rows('SELECT pg_current_wal_lsn()::text')) as [[string]]
    for (;;) {
      const { rows } = await client.query<{ done: boolean }>(`SELECT pg_last_wal_replay_lsn() >= '${at}' AS done`)
      if (rows[0]!.done) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await replayed()
  /** What a reader of the standby still sees is cleaned up at the primary. */
  const conflict = async (): Promise<void> => {
    await primary.execute('UPDATE junk SET id = id + 1')
    await primary.execute('VACUUM junk')
    await replayed()
  }
  return { primary, standby, conflict }
}

describe('what stops a read on a standby is known', () => {
  it.each([
    ['in its own words', { code: '40001', message: 'canceling statement due to conflict with recovery' }],
    ['in other languages', { code: '40001', message: 'storniere Anfrage wegen Konflikt mit der Wiederherstellung' }],
    ['of a deadlock', { code: '40P01', message: 'annulation de la requête à cause d’un conflit avec la restauration' }],
    ['without a word', { message: 'Connection terminated unexpectedly' }],
  ])('%s', (_, failed) => {
    const { message } = conflictOnStandby(Object.assign(new Error(), failed)) as Error
    expect(message).toMatch(/conflict with recovery/)
    const { problem, remedy } = tellPostgres({ code: 'code' in failed ? failed.code : '', message })!
    expect([remedy, problem]).toEqual(['retry', expect.stringContaining('max_standby_streaming_delay')])
  })

  it('and nothing else is taken for it', () => {
    const other = Object.assign(new Error('division by zero'), { code: '22012' })
    expect(conflictOnStandby(other)).toBe(other)
  })
})

describe('a standby of Postgres', () => {
  it('that stops reads again and again is read to the end', async () => {
    const { standby, conflict } = await pair()
    const opened = await open({ url: standby.url }, { include: ['t'] })
    expect(opened.table('t').ordered).toBe('ascending')
    const seen = new Set<unknown>()
    let pages = 0
    const question = {
      client: opened.client,
      signal: new AbortController().signal,
      log: { debug() {}, info() {}, warn() {} },
    }
    for await (const page of opened.table('t').read({ ...question, to: '2030-01-01T00:00:00Z' } as never)) {
      for (const row of page as { id: unknown }[]) seen.add(row.id)
      if (pages++ % 3 === 0) await conflict()
    }
    expect([seen.size, pages > 5]).toEqual([ROWS, true])
  })

  it('says what stopped a read that cannot be gone on with', async () => {
    const { standby, conflict } = await pair()
    const opened = await open({ url: standby.url }, { include: ['t'], tables: { t: { cursor: false } } })
    const question = {
      client: opened.client,
      signal: new AbortController().signal,
      log: { debug() {}, info() {}, warn() {} },
    }
    const reading = async (): Promise<void> => {
      for await (const _ of opened.table('t').read(question as never)) await conflict()
    }
    const error = await errorOf(reading())
    expect([error.remedy, error.message]).toEqual([
      'retry',
      expect.stringMatching(/table "t": .*conflict with recovery.*max_standby_streaming_delay.*hot_standby_feedback/),
    ])
    expect((await target({ url: standby.url }, { include: ['t'] }).run()).exitCode).toBe(0)
  })
})
