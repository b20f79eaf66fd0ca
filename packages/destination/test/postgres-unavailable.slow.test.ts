import { inspect } from 'node:util'
import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { openDestination } from '../src/index.ts'
import { open, prepare, runner, things } from './place.ts'
import { byHand, onPostgres, type Place } from './postgres-place.ts'

const newPlace = onPostgres()

const PASSWORD = 'p%40ss/wörd c4nary'

/** All that an error shows when it is printed, with its causes. */
function printed(error: unknown): string {
  const texts = [inspect(error, { depth: 20, showHidden: false })]
  for (let one = error; one instanceof Error; one = one.cause)
    texts.push(one.message, one.stack ?? '', JSON.stringify(one))
  return texts.join('\n')
}

async function failure(url: string): Promise<SyncError & { readonly code: string }> {
  try {
    await (await openDestination({ url, runner, leaseMs: 3000 })).close()
  } catch (error) {
    expect(SyncError.is(error), printed(error)).toBe(true)
    return error as SyncError & { readonly code: string }
  }
  throw new Error(`it could be opened`)
}

function change(place: Place, edit: (url: URL) => void): string {
  const url = new URL(place.url)
  url.password = encodeURIComponent(PASSWORD)
  edit(url)
  return url.href
}

async function roleWith(place: Place, grants: string): Promise<string> {
  const role = `r_${place.schema}`
  await place.rows(`create role ${role} login password '${PASSWORD}'`)
  if (grants !== '') await place.rows(grants.replaceAll('ROLE', role).replaceAll('SCHEMA', place.schema))
  return change(place, (url) => {
    url.username = role
  })
}

type Make = (place: Place) => string | Promise<string>
const CASES: readonly (readonly [string, Make, RegExp, string])[] = [
  [
    'nobody listens there',
    (place) => change(place, (url) => (url.port = '1')),
    /postgres:\/\/postgres@127\.0\.0\.1:1\/postgres.* cannot be reached .*ECONNREFUSED.*start it/,
    'retry',
  ],
  [
    'there is no such host',
    (place) => change(place, (url) => (url.hostname = 'nowhere.invalid')),
    /host of the database .*nowhere\.invalid.* cannot be resolved/,
    'fix-config',
  ],
  ['the password is wrong', (place) => change(place, () => {}), /refuses the user or its password/, 'fix-config'],
  [
    'there is no password',
    (place) => change(place, (url) => (url.password = '')),
    /requires a password, but none was given.*PGPASSWORD/,
    'fix-config',
  ],
  [
    'there is no such role',
    (place) => change(place, (url) => (url.username = 'nobody')),
    /refuses the user or its password/,
    'fix-config',
  ],
  [
    'there is no such database',
    async (place) => (await roleWith(place, '')).replace('/postgres?', '/elsewhere?'),
    /there is no such database: postgres:\/\/r_.*\/elsewhere.*createdb/,
    'fix-config',
  ],
  [
    'there is no such schema',
    async (place) => (await roleWith(place, '')).replace(/schema=\w+/, 'schema=no%22where'),
    /there is no schema "no"where".*CREATE SCHEMA "no""where" AUTHORIZATION "r_/,
    'fix-config',
  ],
  [
    'the role may not use the schema',
    (place) => roleWith(place, ''),
    /may not use the schema "tidemark_test_.*GRANT USAGE, CREATE ON SCHEMA/,
    'fix-config',
  ],
  [
    'the role may not create there',
    (place) => roleWith(place, 'grant usage on schema SCHEMA to ROLE'),
    /lacks a privilege for this .*permission denied for schema.*CREATE SCHEMA tidemark AUTHORIZATION/,
    'fix-config',
  ],
  [
    'it wants a secure connection that the server has not',
    async (place) => `${await roleWith(place, 'grant all on schema SCHEMA to ROLE')}&sslmode=require`,
    /cannot make a secure connection .*sslmode/,
    'fix-config',
  ],
  [
    'it is no address of this machine, and has no secure connection',
    (place) => change(place, (url) => (url.hostname = '0.0.0.0')),
    /cannot make a secure connection .*sslrootcert=.*sslmode=disable/,
    'fix-config',
  ],
  [
    'a newer Tidemark wrote it',
    async (place) => {
      const url = await roleWith(place, 'grant all on schema SCHEMA to ROLE')
      await (await openDestination({ url, runner })).close()
      await place.rows('update _tidemark_meta set version = 99')
      return url
    },
    /version 99.*install the newer Tidemark/,
    'upgrade',
  ],
]

describe('a destination that cannot be opened', () => {
  it.each(CASES)(
    'says what is wrong, where, and the way out, and no password: %s',
    async (_name, make, message, remedy) => {
      const place = await newPlace()
      const error = await failure(await make(place))
      expect(error.message).toMatch(message)
      expect(error.remedy).toBe(remedy)
      expect(error.code).toMatch(/^destination-/)
      const shown = printed(error)
      for (const form of [PASSWORD, encodeURIComponent(PASSWORD), encodeURI(PASSWORD), 'c4nary', 'p%40ss', 'p%2540ss'])
        expect(shown).not.toContain(form)
    },
  )

  it.each([
    ['a "#" in its password', 'postgres://me:a#c4nary@host/db'],
    ['a "/" in its password', 'postgres://me:a/c4nary@host/db'],
    ['a "%" in its password that stands for nothing', 'postgres://me:%zzc4nary@host/db'],
    ['a port that is none', 'postgres://me:c4nary@host:99999999/db'],
    ['a space in its host', 'postgres://me:c4nary@ho st/db'],
    ['a schema of the server', 'postgres://me:c4nary@host/db?schema=pg_catalog'],
    ['a schema that is empty', 'postgres://me:c4nary@host/db?schema='],
    ['a schema that is too long', `postgres://me:c4nary@host/db?schema=${'x'.repeat(64)}`],
    ['a database that is no text', 'postgres://me:c4nary@host/%ff'],
  ])('because of its url never repeats it: %s', async (_name, url) => {
    const error = await failure(url)
    expect([error.remedy, error.code]).toEqual(['fix-config', 'destination-unavailable'])
    expect(printed(error)).not.toContain('c4nary')
  })

  it('is none where only temporary tables are forbidden; the first part that needs one says so', async () => {
    const place = await newPlace()
    const name = `db_${place.schema}`
    await place.rows(`create database ${name}`)
    await place.rows(`revoke all on database ${name} from public`)
    const url = new URL(await roleWith(place, `grant connect on database ${name} to ROLE`))
    url.pathname = `/${name}`
    const owner = new URL(place.server.url)
    owner.pathname = url.pathname
    await (await byHand(owner.href, 'public')).rows(
      `create schema ${place.schema} authorization ${decodeURIComponent(url.username)}`,
    )
    const { write } = await prepare(await open(url.href))
    await write(things(3), {}, { kind: 'backfill' })
    await expect(write(things(4), {}, { kind: 'incremental' })).rejects.toSatisfy(
      (error) => SyncError.is(error) && /GRANT TEMPORARY ON DATABASE/.test(error.message),
    )
  })

  it('is none elsewhere where the url says that the network is safe', async () => {
    const place = await newPlace()
    const url = await roleWith(place, 'grant all on schema SCHEMA to ROLE')
    const destination = await open(`${url.replace('127.0.0.1', '0.0.0.0')}&sslmode=disable`)
    expect(await destination.startRun()).toBe(1)
  })

  it('that could be opened takes passwords of every sort', async () => {
    const place = await newPlace()
    const url = await roleWith(place, 'grant all on schema SCHEMA to ROLE')
    const destination = await open(url)
    expect(await destination.startRun()).toBe(1)
  })
})
