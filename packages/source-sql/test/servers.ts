import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '@tidemark/postgres-server'
import mysql from 'mysql2'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgres: string
    /** Undefined: there is no mariadbd on this machine. */
    readonly mariadb: string | undefined
    /** A file with the certificate of both, which nobody vouches for. */
    readonly certificate: string
  }
}

/** Real servers for all test files, on free ports of the loopback, with data folders of their own. */
export default async function servers(project: TestProject): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = []
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.toReversed()) await stop()
  }
  try {
    const certificate = await makeCertificate(stops)
    project.provide('certificate', certificate.certificate)
    project.provide('postgres', await openPostgres(stops, certificate))
    project.provide('mariadb', process.env['TIDEMARK_TEST_MARIADB'] ?? (await startMariaDb(stops, certificate)))
  } catch (error) {
    await stopAll()
    throw error
  }
  return stopAll
}

interface Certificate {
  readonly certificate: string
  readonly key: string
}

async function makeCertificate(stops: (() => Promise<void>)[]): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'source-sql-certificate-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  const made = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  const result = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', made.key, '-out', made.certificate],
    ],
    { encoding: 'utf8' },
  )
  if (result.status !== 0) throw new Error(`openssl made no certificate: ${result.stderr ?? result.error?.message}`)
  return made
}

async function openPostgres(stops: (() => Promise<void>)[], tls: Certificate): Promise<string> {
  const server = await startPostgres({ tls })
  stops.push(() => server.stop())
  return server.url
}

async function startMariaDb(
  stops: (() => Promise<void>)[],
  { certificate, key }: Certificate,
): Promise<string | undefined> {
  const found = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/local/bin/mariadbd', '/opt/homebrew/bin/mariadbd']
  const binary = found.find((path) => existsSync(path))
  if (binary === undefined) {
    console.warn(
      'skipped: the tests of MariaDB, because there is no mariadbd on this machine (apt-get install mariadb-server)',
    )
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'source-sql-mariadb-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const user = userInfo().username
  const own = [`--datadir=${join(folder, 'data')}`, `--user=${user}`]
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
      `--ssl-cert=${certificate}`,
      `--ssl-key=${key}`,
      '--innodb-flush-log-at-trx-commit=0',
      // A zone that is not UTC: what depends on it shows.
      '--default-time-zone=+05:30',
    ],
    { stdio: 'ignore' },
  )
  stops.push(() => stopped(server))
  const url = `mysql://root@127.0.0.1:${port}`
  await answering(url)
  return url
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
