import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { processIn, runSource } from '../../testkit/test/source-run.ts'
import { connectorOf } from './runner.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const KILLS = Number(process.env['TIDEMARK_KILLS'] ?? 10)

/** Does every operation, in tables that come while it runs, with and without many rows between two checkpoints. */
const CONNECTOR = `
import os, time
PAUSE = float(os.environ.get("TEST_PAUSE", "0"))
def schema(configuration):
    return [{"table": "orders", "primary_key": ["id"]}]
def update(configuration, state):
    with open("pid", "w") as file:
        file.write(str(os.getpid()))
    for n in range(state.get("n", 0), 400):
        op.upsert("orders", {"id": n % 60, "v": n, "note": f"note {n}"})
        if n % 5 == 0:
            op.update("orders", {"id": n % 60, "v": n * 10})
        if n % 11 == 0:
            op.delete("orders", {"id": (n + 7) % 60})
        if n % 100 == 50:
            op.truncate("orders")
        op.upsert(f"log_{n // 100}", {"n": n})
        if n % 7 == 6 and not 200 < n < 300:
            op.checkpoint({"n": n + 1})
        time.sleep(PAUSE)
    op.checkpoint({"n": 400})
connector = Connector(update=update, schema=schema)
`

async function database(kind: string): Promise<string> {
  if (kind === 'sqlite') return join(mkdtempSync(join(tmpdir(), 'fivetran-crash-')), 'db.sqlite')
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  return url
}

interface Run {
  /** Null where the runner was killed. */
  readonly code: number | null
  /** Kills that met a living process. */
  readonly kills: number
}

/** One run; its connector, which its runner runs again, or the runner is killed after so many milliseconds. */
async function run(connector: string, url: string, killAfterMs?: number): Promise<Run> {
  const pid = join(connector, 'pid')
  // That of a run before may be another's by now.
  rmSync(pid, { force: true })
  const victim = runSource({
    file: join(import.meta.dirname, '../dist/index.js'),
    url,
    config: { connector },
    settings: { batch: { rows: 20, bytes: 1e6 } },
    env: { TEST_PAUSE: killAfterMs === undefined ? '0' : '0.005' },
  })
  let kills = 0
  const kill = (): void => {
    const id = Math.random() < 0.3 ? processIn(pid) : undefined
    if (id === undefined ? victim.kill() : process.kill(id, 'SIGKILL')) kills++
  }
  const timer = killAfterMs === undefined ? undefined : setTimeout(kill, killAfterMs)
  const { code } = await victim.ended
  clearTimeout(timer)
  return { code, kills }
}

/** What a database has of the connector: the rows of its tables, and its state. */
async function contents(url: string): Promise<unknown> {
  const destination = await openDestination({
    url,
    runner: { id: 'look', host: 'here', pid: process.pid, startedAt: 0n },
  })
  try {
    const { tables, feeds } = await destination.state()
    const rows: Record<string, readonly string[]> = {}
    for (const name of [...tables.keys()].sort()) {
      const all: string[] = []
      for await (const row of destination.read(name, { deleted: false }))
        all.push(
          JSON.stringify(
            Object.entries(row).filter(([column]) => !/^_(?!fivetran_id)/.test(column)),
            bigints,
          ),
        )
      rows[name] = all.sort()
    }
    return { rows, offset: feeds?.get('shop/connector')?.offset }
  } finally {
    await destination.close()
  }
}

const bigints = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

it.each(['sqlite', 'postgres'])(
  'a connector and its runner may be killed at any moment: rows and state are those of a quiet run, in %s',
  { timeout: 60_000 + KILLS * 30_000 },
  async (kind) => {
    const connector = connectorOf(CONNECTOR)
    const quiet = await database(kind)
    expect((await run(connector, quiet)).code).toBe(0)
    const expected = await contents(quiet)
    let killed = await database(kind)
    for (let kills = 0; kills < KILLS; ) {
      const { code, kills: met } = await run(connector, killed, 700 + Math.random() * 1800)
      kills += met
      if (code !== 0) continue
      expect(await contents(killed)).toEqual(expected)
      killed = await database(kind)
    }
    expect((await run(connector, killed)).code).toBe(0)
    expect(await contents(killed)).toEqual(expected)
  },
)
