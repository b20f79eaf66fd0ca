import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDestination, placeOf } from '../src/index.ts'
import { byHand, capturing, folder, open, prepare, runner, things } from './place.ts'

const fails =
  (code: string, remedy: string, ...words: readonly string[]) =>
  (error: unknown) =>
    SyncError.is(error) &&
    error.code === code &&
    error.remedy === remedy &&
    words.every((word) => error.message.includes(word))

describe('opening a file', () => {
  it('makes it and its folder, for its owner only', async () => {
    const path = join(folder(), 'deep', 'er', 'x.db')
    const { write } = await prepare(await open(path))
    await write(things(1))
    for (const end of ['', '-wal', '-shm']) expect(statSync(path + end).mode & 0o777, end).toBe(0o600)
  })

  it('commits so that a power failure takes nothing back', async () => {
    const path = join(folder(), 'x.db')
    const { raw } = await capturing(() => open(path))
    expect(raw.prepare('pragma synchronous').get()).toEqual({ synchronous: 2 })
    expect(raw.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  })

  it('waits for the disk with what completes a step, and not with what comes before', async () => {
    const { destination, raw } = await capturing(() => open(join(folder(), 'x.db')))
    const { write, lease } = await prepare(destination)
    const { run } = StatementSync.prototype
    const levels: unknown[] = []
    StatementSync.prototype.run = function (...values) {
      if (this.sourceSQL === 'commit') levels.push(raw.prepare('pragma synchronous').get()!['synchronous'])
      return run.apply(this, values as never)
    }
    onTestFinished(() => {
      StatementSync.prototype.run = run
    })
    await write(things(1), { completes: undefined }, { step: 1 })
    await write(things(1), { completes: undefined, number: 2 }, { step: 1 })
    await destination.record(lease, [])
    await write(things(2), { completes: undefined, number: 3 }, { step: 1 })
    await write(things(3), { number: 4 }, { step: 1 })
    await destination.release([lease])
    expect(levels).toEqual([1, 1, 2, 1, 2, 2])
  })

  it.each([
    ['sqlite:/a/b.db', '/a/b.db'],
    ['sqlite:///a/b.db', '/a/b.db'],
    ['file:/a/b.db', '/a/b.db'],
    ['file:///a/b%20c.db', '/a/b c.db'],
    ['/a/b.db', '/a/b.db'],
    [' /a/b.db\n', '/a/b.db'],
    ['/a/it=b@c.db', '/a/it=b@c.db'],
    ['/a/b:c@d?password=e', '/a/b:c@d?password=e'],
    ['./a:b@c.db', join(process.cwd(), 'a:b@c.db')],
    ['C:\\data\\x.db', join(process.cwd(), 'C:\\data\\x.db')],
    ['sqlite:////a/b.db', '/a/b.db'],
    [':memory:', ':memory:'],
    ['sqlite::memory:', ':memory:'],
  ])('takes %s', (url, path) => expect(placeOf(url)).toEqual({ url: path, shown: path, kind: 'sqlite' }))

  it.each([
    '',
    ' ',
    'sqlite:',
    'a\0b',
    'jdbc:postgresql://host/db?user=me&password=secret',
    'jdbc:sqlite:secret.db',
    'pgsql:host=localhost;dbname=x;password=secret',
    'mysql://me:secret@host/db',
    'mysql+pymysql://me:secret@host/db',
    'mysql:host=localhost;password=secret',
    'mongodb://me:secret@host',
    'mongodb+srv://me:secret@host',
    'http://me:secret@host/',
    'https://host/x.db?token=secret',
    's3://bucket/secret.db',
    'sqlserver://host;password=secret',
    'sqlite3:secret.db',
    'sqlite+aiosqlite:///secret.db',
    'sqlite:///secret',
    'sqlite:///secret.db',
    'sqlite:x.db?key=secret',
    'file:x.db?key=secret',
    'file://elsewhere/secret',
    '"postgres://me:secret@host/db"',
    'DATABASE_URL=postgres://me:secret@host/db',
    'Server=db;User Id=me;Password=secret;',
    'Data Source=secret.db',
    'me:secret@host/db',
    'me:secret@host:5432/db',
    'localhost:5432/secret',
    'localhost:5432:db:me:secret',
    '//me:secret@host/db',
    'me/secret@//host:1521/service',
    'me/secret@host:1521/service',
    'host/db?password=secret',
    'Host=db;Username=me;Password=secret;Database=db',
    'Driver={PostgreSQL};Server=db;Pwd=secret',
    'Data Source=db;Initial Catalog=x;User ID=me;Password=secret',
    'jdbc:duckdb:secret.db',
    'md:secret',
    'duckdb:secret.db?access_mode=read_only',
    'duckdb::memory:secret',
    'libsql://db.example?authToken=secret',
    'data/x.db\nsecret',
  ])('refuses %j without telling what it holds, and makes no file of that name', (url) => {
    expect(() => placeOf(url)).toThrow(/path of a SQLite file/)
    expect(() => placeOf(url)).not.toThrow(/secret/)
  })

  it('says that a file is no database', async () => {
    const path = join(folder(), 'x.db')
    writeFileSync(path, 'hello, this is no database at all, but text that is long enough to be looked at. '.repeat(20))
    await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
      fails('destination-corrupt', 'fix-config', path),
    )
  })

  it('says that a folder cannot be written', async () => {
    const inside = join(folder(), 'file')
    writeFileSync(inside, '')
    const path = join(inside, 'x.db')
    await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
      fails('destination-unavailable', 'fix-config', path),
    )
  })

  it.skipIf(process.getuid?.() === 0)('says that this user may not write there', async () => {
    const locked = join(folder(), 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o500)
    const path = join(locked, 'x.db')
    await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
      fails('destination-unavailable', 'fix-config', path),
    )
    expect(existsSync(path)).toBe(false)
  })

  it('refuses the state of a newer Tidemark, and leaves it alone', async () => {
    const path = join(folder(), 'x.db')
    await (await openDestination({ url: path, runner })).close()
    byHand(path).exec('update _tidemark_meta set version = 99')
    await expect(openDestination({ url: path, runner })).rejects.toSatisfy(
      fails('destination-newer', 'upgrade', '99', path),
    )
    expect(byHand(path).prepare('select version from _tidemark_meta').get()).toEqual({ version: 99 })
  })

  it('a second time changes nothing', async () => {
    const path = join(folder(), 'x.db')
    await (await openDestination({ url: path, runner })).close()
    const schema = () => byHand(path).prepare('select type, name, sql from sqlite_schema order by name').all()
    const before = schema()
    await (await openDestination({ url: path, runner })).close()
    expect(schema()).toEqual(before)
  })

  it('waits for another writer, and names the file when that takes too long', async () => {
    const path = join(folder(), 'x.db')
    const { write, destination } = await prepare(await open(path, { busyMs: 60 }))
    const other = byHand(path)
    other.exec('begin immediate')
    await expect(write(things(1))).rejects.toSatisfy(fails('destination-locked', 'retry', path))
    // Who only reads waits for nobody.
    expect((await destination.state()).tables.size).toBe(1)
    expect((await destination.query('select count(*) from things')).rows).toEqual([[0]])
    other.exec('rollback')
    expect(await write(things(1))).toMatchObject({ written: 1 })
  })

  it('that is up to date waits for no writer', async () => {
    const path = join(folder(), 'x.db')
    await (await openDestination({ url: path, runner })).close()
    const other = byHand(path)
    other.exec('begin immediate')
    const destination = await open(path, { busyMs: 50 })
    expect((await destination.state()).tables.size).toBe(0)
    other.exec('rollback')
  })

  it('lives in memory as well', async () => {
    const { write, destination } = await prepare(await open(':memory:'))
    await write(things(3))
    expect((await destination.query('select count(*) from things')).rows).toEqual([[3]])
    await expect(destination.query('delete from things')).rejects.toThrow('would write')
    expect(await write(things(3))).toMatchObject({ unchanged: 3 })
  })

  it('says which table a hand has been at', async () => {
    const path = join(folder(), 'x.db')
    const { destination } = await prepare(await open(path))
    byHand(path).exec(`update _tidemark_tables set schema = '{"columns":"?"}'`)
    await expect(destination.state()).rejects.toSatisfy(fails('destination-corrupt', 'fix-config', 'things'))
  })
})
