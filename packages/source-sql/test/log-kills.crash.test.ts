import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDestination } from '@tidemark/destination'
import { hasPostgres, startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './harness.ts'
import { LOAD_CONFIG, LOAD_QUERIES, LOAD_TABLES, Load } from './log-load.ts'

const KILLS = Number(process.env['TIDEMARK_KILLS'] ?? 10)
/** A kill comes at a random moment of so long: a run takes about that. */
const LIFE_MS = 2500

/** Statements that happen seldom, and that the log does not tell as changes of rows. */
const RARE = [
  'VACUUM FULL accounts',
  `ALTER TABLE parts ADD COLUMN more int DEFAULT 7`,
  'TRUNCATE log',
  'ALTER TABLE orders ALTER COLUMN note TYPE varchar(200)',
  'TRUNCATE parts_0',
  'ALTER TABLE accounts ADD COLUMN made uuid DEFAULT gen_random_uuid()',
  'ALTER TABLE parts DROP COLUMN more',
  'TRUNCATE accounts',
]

const versions = [undefined, ...(hasPostgres(15) ? [15] : [])]

/** A run in a process of its own. */
function run(url: string, config: object): { readonly ended: Promise<string>; kill(): void } {
  const victim = join(import.meta.dirname, 'log-victim.js')
  const child = spawn(process.execPath, [victim, url, JSON.stringify(config)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (piece) => (output += piece))
  const ended = new Promise<string>((resolve) => child.once('close', (code) => resolve(`${code} ${output}`)))
  return { ended, kill: () => child.kill('SIGKILL') }
}

const hashed = (value: unknown): string => createHash('md5').update(String(value)).digest('hex')

describe.each(versions)('the log of Postgres %s', (major) => {
  it.each(['sqlite', 'postgres'])(
    `is equal to its source in %s after ${KILLS} kills of the runner while it changes`,
    { timeout: 120_000 + KILLS * 30_000 },
    async (kind) => {
      const server = await startPostgres({ major, settings: { wal_level: 'logical', max_wal_senders: '20' } })
      onTestFinished(() => server.stop())
      const database = await server.newDatabase()
      const source = new pg.Client(server.urlOf(database))
      await source.connect()
      onTestFinished(() => source.end())
      await source.query(LOAD_TABLES)
      const url = kind === 'sqlite' ? join(temporaryFolder(), 'db.sqlite') : server.urlOf(await server.newDatabase())
      const config = { ...LOAD_CONFIG, url: server.urlOf(database) }
      const load = new Load(server.urlOf(database), RARE)
      for (let kill = 0; kill < KILLS; kill++) {
        const victim = run(url, config)
        await sleep(200 + Math.random() * LIFE_MS)
        victim.kill()
        await victim.ended
      }
      await load.stop()
      expect(load.transactions).toBeGreaterThan(100)
      expect(await run(url, config).ended).toBe('0 ')
      const runner = { id: 'looks', host: 'here', pid: process.pid, startedAt: 0n }
      const destination = await openDestination({ url, runner })
      onTestFinished(() => destination.close())
      for (const [table, [from, into]] of Object.entries(LOAD_QUERIES)) {
        const expected = (await source.query({ text: from, rowMode: 'array' })).rows.map(String)
        const found = (await destination.query(into)).rows.map((row) =>
          row
            .map((value, at) => {
              if (table === 'accounts' && at === 2) return hashed(value)
              if (table === 'orders' && at === 3)
                return (typeof value === 'string' ? JSON.parse(value) : (value as string[])).join('|')
              return value
            })
            .join(),
        )
        const missing = expected.filter((one) => !new Set(found).has(one))
        const extra = found.filter((one) => !new Set(expected).has(one))
        expect({ table, missing: missing.slice(0, 5), extra: extra.slice(0, 5) }).toEqual({
          table,
          missing: [],
          extra: [],
        })
        expect(found).toHaveLength(expected.length)
      }
    },
  )
})
