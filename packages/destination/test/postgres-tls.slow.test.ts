import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open, prepare, things } from './place.ts'

/** A certificate for `localhost` that vouches for itself. */
function certificateIn(folder: string, name: string): { readonly certificate: string; readonly key: string } {
  const made = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  const asked = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  const files = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', made.key, '-out', made.certificate]
  const { status, stderr } = spawnSync('openssl', [...asked, ...files], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`)
  return made
}

let folder: string
let server: PostgresServer
let own: string
let other: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-tls-'))
  const tls = certificateIn(folder, 'own')
  own = tls.certificate
  other = certificateIn(folder, 'other').certificate
  server = await startPostgres({ tls })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

function urlOf(host: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(server.url)
  url.hostname = host
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

async function refusal(url: string): Promise<string> {
  const error = await open(url, { leaseMs: 3000 }).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!SyncError.is(error)) throw new Error(`it was not refused: ${String(error)}`)
  expect(error.remedy).toBe('fix-config')
  expect(error.message).not.toContain('wörd')
  return error.message
}

describe('TLS with sslmode=verify-full', () => {
  it('is spoken with a server whose certificate is vouched for, by every connection', async () => {
    const destination = await open(urlOf('localhost', { sslmode: 'verify-full', sslrootcert: own }))
    const { write } = await prepare(destination)
    expect(await write(things(10))).toMatchObject({ written: 10 })
    const used = await server.rows(
      "select s.ssl from pg_stat_ssl as s join pg_stat_activity as a using (pid) where a.application_name = 'tidemark one'",
    )
    expect(used.length).toBeGreaterThan(0)
    expect(used.flat()).toEqual(used.map(() => true))
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['with sslmode=require, whoever it is', { sslmode: 'require' }],
    ['with sslmode=prefer', { sslmode: 'prefer' }],
    ['with sslmode=allow', { sslmode: 'allow' }],
    ['with sslmode=verify-ca, whatever its name', { sslmode: 'verify-ca', sslrootcert: 'own' }],
    ['with its password bound to it', { sslmode: 'require', sslrootcert: 'own', channel_binding: 'require' }],
  ])('is spoken %s', async (_, { sslrootcert, ...parameters }) => {
    const host = parameters['sslmode'] === 'require' && sslrootcert !== undefined ? 'localhost' : '127.0.0.1'
    const destination = await open(
      urlOf(host, { ...parameters, ...(sslrootcert === undefined ? {} : { sslrootcert: own }) }),
    )
    await destination.startRun()
    const used = await server.rows(
      "select s.ssl from pg_stat_ssl as s join pg_stat_activity as a using (pid) where a.application_name = 'tidemark one'",
    )
    expect(used.length).toBeGreaterThan(0)
    expect(used.flat()).toEqual(used.map(() => true))
  })

  it('says which file of certificates cannot be read', async () => {
    expect(await refusal(urlOf('localhost', { sslmode: 'verify-full', sslrootcert: '/nowhere/ca.pem' }))).toMatch(
      /sslrootcert cannot be read .*ca\.pem/,
    )
  })

  it('refuses a server that nobody vouches for where the password is to be bound to it', async () => {
    expect(await refusal(urlOf('localhost', { sslmode: 'require', channel_binding: 'require' }))).toContain(
      'certificate',
    )
  })

  it('refuses a server that nobody vouches for', async () => {
    expect(await refusal(urlOf('localhost', { sslmode: 'verify-full' }))).toContain('certificate')
  })

  it('refuses a server that somebody else vouches for', async () => {
    expect(await refusal(urlOf('localhost', { sslmode: 'verify-full', sslrootcert: other }))).toContain('certificate')
  })

  it('refuses a server of another name', async () => {
    expect(await refusal(urlOf('127.0.0.1', { sslmode: 'verify-full', sslrootcert: own }))).toContain('certificate')
  })
})
