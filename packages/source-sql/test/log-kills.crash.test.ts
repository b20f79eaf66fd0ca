import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDestination } from '@tidemark/destination'
import { hasPostgres, startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './harness.ts'
import { differences, LOAD_CONFIG, LOAD_TABLES, Load } from './log-load.ts'
import { logRun } from './log-run.ts'

/** Rounds by the kind of the destination, and of each of the other circumstances. A round kills the runner so often while the source changes; then both must be equal. */
interface Share {
  readonly kills: number
  readonly sqlite: number
  readonly postgres: number
  readonly others: number
  readonly killsOfOthers: number
}

const SHARES: Readonly<Record<string, Share>> = {
  short: { kills: 3, sqlite: 1, postgres: 0, others: 0, killsOfOthers: 0 },
  middle: { kills: 10, sqlite: 2, postgres: 2, others: 1, killsOfOthers: 5 },
  long: { kills: 10, sqlite: 20, postgres: 20, others: 5, killsOfOthers: 10 },
}
const share = SHARES[process.env['TIDEMARK_CRASH'] ?? 'short']!
/** A kill comes at a random moment of so long: a run takes about that. */
const LIFE_MS = 2500

interface Circumstances {
  readonly title: string
  readonly kind: 'sqlite' | 'postgres'
  readonly rounds: number
  readonly kills: number
  readonly major?: number | undefined
  /** A synchronous standby answers late: a commit is in the log long before others see it. */
  readonly isLate?: boolean
  readonly killsPrimary?: boolean
}

const usual = { title: 'of Postgres 18', kills: share.kills }
const other = { rounds: share.others, kills: share.killsOfOthers }
const late = { ...other, title: 'beside a synchronous standby that answers late', isLate: true }
const primary = { ...other, title: 'and of its primary', killsPrimary: true }
const all: readonly Circumstances[] = [
  { ...usual, kind: 'sqlite', rounds: share.sqlite },
  { ...usual, kind: 'postgres', rounds: share.postgres },
  { ...late, kind: 'postgres' },
  { ...primary, kind: 'sqlite' },
  // The destination is killed with it.
  { ...primary, kind: 'postgres' },
  ...(hasPostgres(15) ? [{ ...other, title: 'of Postgres 15', kind: 'sqlite' as const, major: 15 }] : []),
]

describe('the log of Postgres', () => {
  it.each(all.filter(({ rounds }) => rounds > 0))(
    'is equal to its source in $kind after $rounds rounds of $kills kills of the runner, $title',
    { timeout: 3_600_000 },
    async ({ kind, rounds, kills, major, isLate = false, killsPrimary = false }) => {
      const server = await startPostgres({ major, settings: { wal_level: 'logical', max_wal_senders: '20' } })
      onTestFinished(() => server.stop())
      const database = await server.newDatabase()
      const url = kind === 'sqlite' ? join(temporaryFolder(), 'db.sqlite') : server.urlOf(await server.newDatabase())
      const query = (statement: string) => server.rows(statement, database)
      for (const statement of LOAD_TABLES.split(';')) await query(statement)
      if (isLate) {
        const standby = await server.replica({ recovery_min_apply_delay: '100ms', max_wal_senders: '20' })
        onTestFinished(() => standby.stop())
        // A commit of the application is in the log for so long before anybody sees it.
        await query(`ALTER DATABASE ${database} SET synchronous_commit = 'remote_apply'`)
        await query(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
        await query('SELECT pg_reload_conf()')
      }
      const config = { ...LOAD_CONFIG, url: server.urlOf(database) }
      let [transactions, alterations] = [0, 0]
      for (let round = 0; round < rounds; round++) {
        const load = new Load(server.urlOf(database), { isAltering: true, survivesKills: killsPrimary })
        for (let kill = 0; kill < kills; kill++) {
          const victim = logRun(url, config)
          await sleep(200 + Math.random() * LIFE_MS)
          if (killsPrimary && kill % 3 === 0) {
            await server.crash()
            await sleep(Math.random() * LIFE_MS)
          }
          victim.kill()
          await victim.ended
        }
        await load.stop()
        transactions += load.transactions
        alterations += load.alterations
        expect(load.transactions).toBeGreaterThan(5 * kills)
        expect(await logRun(url, config).ended).toMatchObject({ code: 0, output: '' })
        const runner = { id: 'looks', host: 'here', pid: process.pid, startedAt: 0n }
        const destination = await openDestination({ url, runner })
        const found = await differences(query, async (text) => (await destination.query(text)).rows).finally(() =>
          destination.close(),
        )
        expect({ round, found }).toEqual({ round, found: {} })
      }
      if (rounds > 1) expect(alterations).toBeGreaterThan(0)
      console.info(
        `${rounds * kills} kills, ${transactions} transactions, ${alterations} alterations: equal ${rounds} times`,
      )
    },
  )
})
