import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@tidemark/postgres-server/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Checker, figuresText, killAtRandom, rowsOf, runQuietly, seedOf, startVictim } from '../src/crash-harness.ts'
import { lane, TIMEOUT } from './lane.ts'
import { postgresPlaces } from './postgres-server.ts'

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find(existsSync)
if (PROGRAM === undefined)
  console.warn('skipped: the tests of PgBouncer, because it is not on this machine (apt-get install pgbouncer)')

const UNTIL = 200
const places = postgresPlaces()
let folder: string
let pooler: ChildProcess
let port: number

beforeAll(async () => {
  if (PROGRAM === undefined) return
  folder = mkdtempSync(join(tmpdir(), 'tidemark-pgbouncer-'))
  port = await freePort()
  const { hostname, port: server, username, password } = new URL(places.server().url)
  const settings = join(folder, 'pgbouncer.ini')
  // Few connections to the server, each given away after a transaction.
  writeFileSync(
    settings,
    `[databases]
* = host=${hostname} port=${server} user=${username} password='${decodeURIComponent(password)}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
server_idle_timeout = 1
ignore_startup_parameters = extra_float_digits
`,
  )
  // It does not run as root.
  const isRoot = userInfo().uid === 0
  chmodSync(folder, 0o755)
  pooler = spawn(PROGRAM, ['-q', settings], {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  })
  for (let tries = 0; !(await listens(port)); tries++) {
    if (tries === 100) throw new Error('PgBouncer does not listen')
    await wait(50)
  }
})

afterAll(async () => {
  if (PROGRAM === undefined) return
  pooler.kill('SIGKILL')
  if (pooler.exitCode === null && pooler.signalCode === null) await once(pooler, 'exit')
  rmSync(folder, { recursive: true })
})

async function pooled() {
  const place = await places.empty()
  const url = new URL(place.url)
  url.port = String(port)
  return { ...place, url: url.href }
}

describe.runIf(PROGRAM !== undefined)('behind PgBouncer in transaction mode', { timeout: TIMEOUT }, () => {
  it('nothing is lost or doubled by kills', async () => {
    const place = await pooled()
    const figures = await killAtRandom({ ...place, kills: lane.pooled, seed: seedOf(process.env) })
    console.log(figuresText('PgBouncer', figures))
    expect(figures.violations).toEqual([])
    expect(await runQuietly({ url: place.url, until: figures.until, pageMs: 0 })).toEqual([])
    const quiet = await places.empty()
    expect(await runQuietly({ url: quiet.url, until: figures.until, pageMs: 0 })).toEqual([])
    expect(await rowsOf(place.connect)).toEqual(await rowsOf(quiet.connect))
  })

  it.each(['before-batch', 'after-rows'] as const)(
    'a runner that was stopped %s is taken over, and writes nothing when it wakes up',
    async (point) => {
      const place = await pooled()
      const zombie = startVictim({ url: place.url, until: UNTIL, leaseMs: 400, concurrency: 1, pageMs: 0 }, [
        { point, nth: 3, action: 'stop' },
      ])
      await zombie.says('stopping')
      await wait(500)
      expect(await runQuietly({ url: place.url, until: UNTIL, pageMs: 0 })).toEqual([])
      const checker = new Checker(place.connect)
      expect(await checker.check(UNTIL)).toEqual([])
      zombie.kill('SIGCONT')
      await zombie.ended
      expect(await checker.check(UNTIL)).toEqual([])
    },
  )
})

async function listens(at: number): Promise<boolean> {
  const socket = connect(at, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
