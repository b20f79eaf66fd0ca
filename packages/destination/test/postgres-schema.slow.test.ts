import { describe, expect, it, onTestFinished } from 'vitest'
import { examine, isThere, openDestination, openReader, placeOf } from '../src/index.ts'
import { open, prepare, runner, things } from './place.ts'
import { byHand, onPostgres } from './postgres-place.ts'

const newPlace = onPostgres()

/** A database of its own, as an application has one: with tables in `public`. */
async function application() {
  const { server, schema } = await newPlace()
  const name = `app_${schema}`
  await server.rows(`create database "${name}"`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  const { rows } = await byHand(url.href, 'public')
  await rows('create table users (id int)')
  const tables = async () =>
    (
      await rows<{ at: string }>(
        "select table_schema || '.' || table_name as at from information_schema.tables where table_schema in ('public', 'tidemark', 'other') order by 1",
      )
    ).map(({ at }) => at)
  return { url: url.href, rows, tables }
}

describe('where the url names no schema', () => {
  it('nothing is put among the tables of an application', async () => {
    const { url, tables } = await application()
    const place = placeOf(url)
    expect(place.schema).toBe('tidemark')
    expect(await isThere(place)).toBe(false)
    expect(await examine(place)).toMatchObject({ problems: [] })
    expect(await tables()).toEqual(['public.users'])
    const { write, destination } = await prepare(await open(url))
    expect(await write(things(3))).toMatchObject({ written: 3 })
    const made = await tables()
    expect(made.filter((one) => one.startsWith('public.'))).toEqual(['public.users'])
    expect(made).toContain('tidemark.things')
    expect(made).toContain('tidemark._tidemark_meta')
    expect((await destination.query('select count(*) from things')).rows).toEqual([[3]])
    expect(await isThere(place)).toBe(true)
    const reader = await openReader({ url })
    onTestFinished(() => reader.close())
    expect([...(await reader.state()).tables.keys()]).toEqual(['things'])
  })

  it('a state that is in public from before goes on there', async () => {
    const { url, tables } = await application()
    const first = await prepare(await open(`${url}?schema=public`))
    await first.write(things(2))
    await first.destination.release([first.lease])
    expect(await isThere(placeOf(url))).toBe(true)
    const before = await tables()
    const { write, destination } = await prepare(await open(url))
    expect(await write(things(3))).toMatchObject({ written: 1, unchanged: 2 })
    expect([...(await destination.state()).tables.keys()]).toEqual(['things'])
    expect(await tables()).toEqual(before)
    const reader = await openReader({ url })
    onTestFinished(() => reader.close())
    expect((await reader.query('select count(*) from things')).rows).toEqual([[3]])
  })

  it('a role that may make no schema is told how it gets one', async () => {
    const { url, rows } = await application()
    await rows("create role no_schema login password 'x'")
    await rows('grant create on schema public to no_schema')
    const theirs = new URL(url)
    theirs.username = 'no_schema'
    theirs.password = 'x'
    const { problems } = await examine(placeOf(theirs.href))
    expect(problems).toEqual([expect.stringMatching(/CREATE SCHEMA "tidemark" AUTHORIZATION "no_schema"/)])
    await expect(openDestination({ url: theirs.href, runner })).rejects.toThrow(/CREATE SCHEMA tidemark AUTHORIZATION/)
    // Once it is there, it need not be made.
    await rows('create schema tidemark authorization no_schema')
    expect(await examine(placeOf(theirs.href))).toMatchObject({ problems: [] })
    const { write } = await prepare(await open(theirs.href))
    expect(await write(things(1))).toMatchObject({ written: 1 })
  })

  it('two that open it together make one', async () => {
    const { url } = await application()
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, at) => open(url, { runner: { ...runner, id: `r${at}` } })),
    )
    expect(all).toHaveLength(6)
  })
})

describe('a url that libpq takes', () => {
  it('opens the database: key=value, and with what changes nothing', async () => {
    const { url, server } = await newPlace()
    const { hostname, port, username, password, pathname } = new URL(server.url)
    const schema = new URL(url).searchParams.get('schema')!
    const dsn = `host=${hostname} port=${port} user=${decodeURIComponent(username)} password='${decodeURIComponent(password).replace(/['\\]/g, '\\$&')}' dbname=${pathname.slice(1)} schema=${schema} connect_timeout=5`
    await (await open(dsn)).startRun()
    expect(await (await open(`${url}&sslmode=prefer&pgbouncer=true&connect_timeout=5`)).startRun()).toBe(2)
    expect(await isThere(placeOf(dsn))).toBe(true)
  })
})
