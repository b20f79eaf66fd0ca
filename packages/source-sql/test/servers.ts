import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@tidemark/postgres-server'
import type { TestProject } from 'vitest/node'
import { type Certificate, startMariaDb } from './mariadb-server.ts'

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
    project.provide('mariadb', await openMariaDb(stops, certificate))
  } catch (error) {
    await stopAll()
    throw error
  }
  return stopAll
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

async function openMariaDb(stops: (() => Promise<void>)[], tls: Certificate): Promise<string | undefined> {
  const server = await startMariaDb(tls)
  if (server !== undefined) stops.push(() => server.stop())
  return server?.url
}
