import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@tidemark/postgres-server/free-port'
import mysql from 'mysql2'

export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** A MariaDB server for tests. */
export interface MariaDbServer {
  /** A url of its superuser, without a database. */
  readonly url: string
  /** Runs statements, one after the other, in one session. */
  execute(statements: readonly string[]): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a MariaDB of its own on a free port; the server that `TIDEMARK_TEST_MARIADB` names is used instead of it.
 *
 * @returns undefined where there is no mariadbd on this machine.
 */
export async function startMariaDb(tls?: Certificate): Promise<MariaDbServer | undefined> {
  const given = process.env['TIDEMARK_TEST_MARIADB']
  if (given !== undefined)
    return { url: given, execute: (statements) => execute(given, statements), stop: async () => {} }
  const found = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/local/bin/mariadbd', '/opt/homebrew/bin/mariadbd']
  const binary = found.find((path) => existsSync(path))
  if (binary === undefined) {
    console.warn(
      'skipped: the tests of MariaDB, because there is no mariadbd on this machine (apt-get install mariadb-server)',
    )
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'source-sql-mariadb-'))
  const port = await freePort()
  const user = userInfo().username
  // A server that starts removes temporary tables of others that lie where its own would.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary)
  const own = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${temporary}`, `--user=${user}`]
  const installed = spawnSync(
    'mariadb-install-db',
    ['--no-defaults', ...own, '--auth-root-authentication-method=normal'],
    {
      encoding: 'utf8',
    },
  )
  if (installed.status !== 0) throw new Error(`mariadb-install-db failed: ${installed.stdout}${installed.stderr}`)
  const server = spawn(
    binary,
    [
      '--no-defaults',
      ...own,
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--bind-address=127.0.0.1',
      ...(tls === undefined ? [] : [`--ssl-cert=${tls.certificate}`, `--ssl-key=${tls.key}`]),
      '--innodb-flush-log-at-trx-commit=0',
      // A zone that is not UTC: what depends on it shows.
      '--default-time-zone=+05:30',
    ],
    { stdio: 'ignore' },
  )
  const stop = async (): Promise<void> => {
    await stopped(server)
    await rm(folder, { recursive: true, force: true })
  }
  const url = `mysql://root@127.0.0.1:${port}`
  try {
    await answering(url)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, execute: (statements) => execute(url, statements), stop }
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const connection = mysql.createConnection({ uri: url, charset: 'utf8mb4' })
  connection.on('error', () => {})
  try {
    for (const statement of statements)
      await new Promise<void>((resolve, reject) => {
        connection.query(statement, (error) => (error === null ? resolve() : reject(error)))
      })
  } finally {
    connection.destroy()
  }
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answered = await new Promise<boolean>((resolve) => {
      const connection = mysql.createConnection(url)
      connection.on('error', () => {})
      connection.query('SELECT 1', (error) => {
        connection.destroy()
        resolve(error === null)
      })
    })
    if (answered) return
    await sleep(100)
  }
  throw new Error('mariadbd did not answer within 30 s')
}

async function stopped(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
}
