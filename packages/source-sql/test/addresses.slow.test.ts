import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { maskOf, targetOf } from '../src/target.ts'
import { errorOf, hasMariaDb, mariadb, open, postgres } from './harness.ts'

const RAW = ['geheim9x']

function refusalOf(url: string): string {
  try {
    targetOf({ url })
  } catch (error) {
    return String((error as Error).message)
  }
  throw new Error(`not refused: ${url}`)
}

describe('an address', () => {
  it('gives its password to the driver, and to nobody else', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 20 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(password, (secret) => {
        const target = targetOf({ url: `postgres://me:${encodeURIComponent(secret)}@db.example:5433/crm` })
        expect(target).toMatchObject({
          password: secret,
          places: [{ host: 'db.example', port: 5433 }],
          user: 'me',
          database: 'crm',
          ssl: 'verify-full',
        })
        expect(target.label).toBe('Postgres at db.example:5433/crm')
        const masked = maskOf(target)(`before <${secret}> and <${encodeURIComponent(secret)}> after`)
        expect(masked).toBe('before <***> and <***> after')
      }),
    )
  })

  it.each([
    [
      'postgres:///crm?host=/var/run/postgresql',
      { places: [{ host: '/var/run/postgresql' }], database: 'crm', ssl: 'disable' },
    ],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/crm', { places: [{ host: '/var/run/postgresql' }], ssl: 'disable' }],
    ['postgresql://me@[::1]:5433/crm', { places: [{ host: '::1', port: 5433 }], ssl: 'disable' }],
    ['postgresql+psycopg2://me:geheim9x@db.example/crm', { system: 'postgres', user: 'me', password: 'geheim9x' }],
    ['postgres+asyncpg://db.example/crm', { system: 'postgres', ssl: 'verify-full' }],
    ['mysql+pymysql://me@db.example/crm?charset=utf8mb4', { system: 'mysql', database: 'crm', ignored: [] }],
    ['mysql2://db.example/crm', { system: 'mysql' }],
    ['mysql://me@localhost/crm?socket=/run/mysqld.sock', { places: [{ host: '/run/mysqld.sock' }] }],
    ['mariadb://me@db.example', { system: 'mysql', database: undefined, ssl: 'verify-full' }],
    ['mysql://db.example/shop?sslmode=require', { ssl: 'require' }],
    ['mysql://db.example/shop?ssl-mode=VERIFY_IDENTITY', { ssl: 'verify-full' }],
    ['mysql://db.example/shop?ssl={"rejectUnauthorized":true}', { ssl: 'verify-full' }],
    ['mysql://db.example/shop?sslaccept=strict', { ssl: 'verify-full' }],
    ['postgres://db.example/crm?sslmode=prefer', { ssl: 'prefer' }],
    ['postgres://db.example/crm?sslmode=require&channel_binding=require', { ssl: 'verify-full', isBound: true }],
    ['postgres://db.example/crm?pgbouncer=true&connection_limit=1&pool_timeout=0', { ignored: [] }],
    ['postgres://db.example/crm?connect_timeout=3', { connectMs: 3000 }],
    ['postgres://db.example/crm?connect_timeout=0', { connectMs: undefined }],
    ['postgres://db.example/crm?options=endpoint%3Dep-1', { options: 'endpoint=ep-1' }],
    [
      'postgres://a.example:5433,b.example/crm',
      {
        places: [
          { host: 'a.example', port: 5433 },
          { host: 'b.example', port: undefined },
        ],
      },
    ],
    ['postgres://a,b,c/crm?target_session_attrs=prefer-standby', { attributes: 'prefer-standby' }],
    [
      'postgres:///crm?host=a,b&port=1,2',
      {
        places: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    ['postgres://me%40server:geheim9x@db.example/crm', { user: 'me@server', password: 'geheim9x' }],
    ['postgres://me:geheim@9x@db.example/crm', { password: 'geheim@9x', places: [{ host: 'db.example' }] }],
    ['postgres://me:geheim:9x@db.example/crm', { password: 'geheim:9x' }],
    [
      `host=db.example port=5433 dbname=crm user=me password='geheim 9x' sslmode=require`,
      {
        places: [{ host: 'db.example', port: 5433 }],
        database: 'crm',
        user: 'me',
        password: 'geheim 9x',
        ssl: 'require',
      },
    ],
    ['sqlite:data/shop.db', { system: 'sqlite', path: 'data/shop.db' }],
    ['sqlite:///srv/shop.db', { system: 'sqlite', path: '/srv/shop.db' }],
    ['sqlite+pysqlite:///srv/shop.db', { system: 'sqlite', path: '/srv/shop.db' }],
    ['file:/srv/a%20b.db', { system: 'sqlite', path: '/srv/a b.db' }],
    ['/srv/shop.db', { system: 'sqlite', path: '/srv/shop.db' }],
    ['C:\\data\\shop.db', { system: 'sqlite', path: 'C:\\data\\shop.db' }],
    ['./data:2024/me@work.db', { system: 'sqlite', path: './data:2024/me@work.db' }],
    ['data/me@work.db', { system: 'sqlite', path: 'data/me@work.db' }],
    [' postgres://me:geheim9x@db.example/crm\n', { system: 'postgres', database: 'crm' }],
    ['postgres://db.example/crm?sslmode=no-verify', { ssl: 'require' }],
    ['channel_binding=prefer host=db.example dbname=crm', { system: 'postgres', database: 'crm' }],
    ['target_session_attrs=any host=db.example dbname=crm', { system: 'postgres', database: 'crm' }],
    ['postgres:///crm?host=/cloudsql/p:r:i', { places: [{ host: '/cloudsql/p:r:i' }], ssl: 'disable' }],
  ])('%s', (url, expected) => {
    expect(targetOf({ url })).toMatchObject(expected)
  })

  it.each([
    ['postgres://me:geheim/9x@db.example/crm', /%2F/],
    ['postgres://me:geheim?9x@db.example/crm', /%2F/],
    ['postgres://me:geheim#9x@db.example/crm', /%23/],
    ['postgres://me:geheim%9x@db.example/crm', /%25/],
    ['postgres://me:12/geheim9x@db.example/crm', /%2F/],
    ['postgres://me:12?geheim9x@db.example/crm', /%2F/],
    ['mysql://me:geheim/9x@db.example/crm', /%2F/],
    ['me:geheim9x@db.example/crm', /without a scheme/],
    ['db.example:5432/crm?password=geheim9x&x=postgres://', /without a scheme/],
    ['jdbc:postgresql://db.example/crm?user=me&password=geheim9x', /remove that/],
    ['oracle://me:geheim9x@host/db', /supported are postgres:/],
    ['postgres://me:geheim9x@host:port/db', /%2F/],
    ['postgres://me:geheim9x@host:99999/db', /port/],
    ['host=db.example password=geheim 9x', /key=value/],
    ['postgres://me:geheim9x@db.example/crm?sslcert=/c.pem', /"sslcert"/],
    ['postgres://me:geheim9x@db.example/crm?service=x', /"service"/],
    ['postgres://me:geheim9x@db.example/crm?channel_binding=maybe', /"channel_binding"/],
    ['postgres://me:geheim9x@db.example/crm?connect_timeout=soon', /"connect_timeout"/],
    ['postgres://me:geheim9x@db.example/crm?sslmode=maybe', /supported are disable, prefer, require/],
    ['mysql://me:geheim9x@a,b/crm', /several hosts/],
    ['sqlite:', /names no file/],
    ['data:2024/me@work.db', /such as \.\/data/],
    ['duckdb:geheim9x.db', /of another program; supported are postgres:/],
    ['pgsql:host=db;dbname=crm;password=geheim9x', /of another program/],
    ['Server=db.example;Database=crm;User Id=me;Password=geheim9x;Ssl Mode=Require;', /of another program/],
    ['Host=db.example;Username=me;Password=geheim9x;Database=crm', /of another program/],
    ['Data Source=db;Initial Catalog=crm;User ID=me;Password=geheim9x', /of another program/],
    ['Driver={PostgreSQL};Server=db;Uid=me;Pwd=geheim9x', /of another program/],
    ['me/geheim9x@//db.example:1521/crm', /of another program/],
    ['me/geheim9x@db.example:1521/crm', /of another program/],
    ['db.example:5432:crm:me:geheim9x', /of another program/],
    ['//me:geheim9x@db.example/crm', /of another program/],
    ['db.example/crm?password=geheim9x', /of another program/],
    ['me:geheim9x@tcp(db.example:3306)/crm', /of another program/],
    [`psql 'postgres://me:geheim9x@db.example/crm'`, /of another program/],
    ['"postgres://me:geheim9x@db.example/crm"', /of another program/],
  ])('is refused without a word of its password: %s', (url, message) => {
    const shown = refusalOf(url)
    expect(shown).toMatch(message)
    for (const secret of [...RAW, 'geheim', '9x@']) expect(shown).not.toContain(secret)
  })

  it('names what nobody knows, and goes on', async () => {
    const world = await postgres()
    const opened = await open({ url: `${world.url}?color=red&pgbouncer=true&application_name=me` })
    expect(opened.warnings.filter((line) => line.includes('color'))).toEqual([
      expect.stringMatching(/config\.url has parameters that Tidemark does not know: color$/),
    ])
  })
})

describe('a server of Postgres', () => {
  it('is the first of several that answers and is what is asked for', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY)')
    const { username, password, host, pathname } = new URL(world.url)
    const url = (query: string): string =>
      `postgres://${username}:${password}@127.0.0.1:1,${host}${pathname}?connect_timeout=5${query}`
    for (const query of ['', '&target_session_attrs=read-write', '&target_session_attrs=prefer-standby'])
      expect((await open({ url: url(query) })).tables.map(({ name }) => name)).toEqual(['t'])
    const error = await errorOf(open({ url: url('&target_session_attrs=standby') }))
    expect([error.remedy, error.message]).toEqual([
      'retry',
      expect.stringMatching(/ECONNREFUSED|none of these hosts is a standby/),
    ])
  })

  it('is read as libpq names it', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY)')
    const { username, password, hostname, port, pathname } = new URL(world.url)
    const plain = decodeURIComponent(password).replaceAll('\\', '\\\\').replaceAll(`'`, `\\'`)
    const dsn = `host=${hostname} port=${port} dbname=${pathname.slice(1)} user=${username} password='${plain}' sslmode=prefer`
    expect((await open({ url: dsn })).tables.map(({ name }) => name)).toEqual(['t'])
    const given = `sslrootcert=${encodeURIComponent(inject('certificate'))}`
    const bound = `${world.url.replace('postgres:', 'postgresql+psycopg2:')}?channel_binding=require&${given}`
    expect((await open({ url: bound })).tables.map(({ name }) => name)).toEqual(['t'])
  })
})

describe.runIf(hasMariaDb)('a server of MariaDB', () => {
  it('is encrypted where it can be', async () => {
    const world = await mariadb()
    await world.run('CREATE TABLE t (id int PRIMARY KEY)')
    const url = `${world.url.replace('mysql:', 'mysql+pymysql:')}?ssl-mode=PREFERRED&charset=utf8mb4`
    expect((await open({ url })).tables.map(({ name }) => name)).toEqual(['t'])
  })
})
