import { describe, expect, it, onTestFinished } from 'vitest'
import { parseAddress } from '../src/dialects/postgres/address.ts'
import { placeOf } from '../src/index.ts'

const modeOf = (url: string): string => parseAddress(url).tls.mode

function environment(name: string, value: string): void {
  process.env[name] = value
  onTestFinished(() => void delete process.env[name])
}

describe('a server that the url says nothing of TLS for', () => {
  it.each([
    'postgres://db.example.org/x',
    'postgres://10.0.0.7/x',
    'postgres://[2001:db8::1]/x',
    'postgres://localhost.example.org/x',
    'postgres:///x?host=db.example.org',
    'host=db.example.org dbname=x',
  ])('must show its certificate: %s', (url) => expect(modeOf(url)).toBe('verify-full'))

  it.each([
    'postgres://localhost/x',
    'postgres://127.0.0.1:5433/x',
    'postgres://[::1]/x',
    'postgres:///x',
    'postgres:///x?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/x',
    'host=/var/run/postgresql dbname=x',
  ])('need not where it is on this machine: %s', (url) => expect(modeOf(url)).toBe('disable'))

  it('is the one that the environment names', () => {
    environment('PGHOST', 'db.example.org')
    expect(modeOf('postgres:///x')).toBe('verify-full')
  })

  it('is treated as the environment says', () => {
    environment('PGSSLMODE', 'disable')
    expect(modeOf('postgres://db.example.org/x')).toBe('disable')
  })

  it('is asked for the certificate where one is named that vouches for it', () => {
    expect(modeOf('postgres://localhost/x?sslrootcert=/ca.pem')).toBe('verify-full')
    environment('PGSSLROOTCERT', '/ca.pem')
    expect(modeOf('postgres://db.example.org/x?sslmode=require')).toBe('verify-ca')
  })
})

it.each([
  ['sslmode=disable', 'disable'],
  ['sslmode=allow', 'prefer'],
  ['sslmode=prefer', 'prefer'],
  ['sslmode=require', 'require'],
  ['sslmode=no-verify', 'require'],
  ['sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
  ['sslmode=verify-ca', 'verify-ca'],
  ['sslmode=verify-full', 'verify-full'],
  ['ssl=true', 'verify-full'],
  ['ssl=0', 'disable'],
  // Who binds the password to the server wants to know which server it is.
  ['sslmode=require&channel_binding=require', 'verify-full'],
  ['sslmode=require&channel_binding=prefer', 'require'],
  ['host=/var/run/postgresql&sslmode=require', 'disable'],
])('TLS is what libpq means by %s', (said, mode) =>
  expect(parseAddress(`postgres://db.example.org/x?${said}`).tls.mode).toBe(mode),
)

describe('what libpq takes and providers hand out is taken:', () => {
  const parts = (text: string) => {
    const { host, port, user, password, database, options, schema, connectMs, ignored } = parseAddress(text)
    return Object.fromEntries(
      Object.entries({
        host,
        port,
        user,
        password,
        database,
        options,
        schema,
        connectMs,
        ignored: ignored.join(),
      }).filter(([, value]) => value !== undefined && value !== ''),
    )
  }

  it.each<[string, string, object]>([
    [
      'Neon',
      'postgresql://alex:AbC123dEf@ep-cool-1.us-east-2.aws.neon.tech/dbname?sslmode=require&channel_binding=require',
      { host: 'ep-cool-1.us-east-2.aws.neon.tech', user: 'alex', password: 'AbC123dEf', database: 'dbname' },
    ],
    [
      'Neon, for clients without SNI',
      'postgresql://alex:pw12@ep.neon.tech/dbname?options=endpoint%3Dep-cool-1&sslmode=require',
      { host: 'ep.neon.tech', user: 'alex', password: 'pw12', database: 'dbname', options: 'endpoint=ep-cool-1' },
    ],
    [
      'Supabase through its pooler, for Prisma',
      'postgres://postgres.ref:pw12@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1&connect_timeout=15',
      {
        host: 'aws-0-eu-central-1.pooler.supabase.com',
        port: 6543,
        user: 'postgres.ref',
        password: 'pw12',
        database: 'postgres',
        connectMs: 15_000,
      },
    ],
    [
      'Supabase from Vercel',
      'postgres://postgres.ref:pw12@aws.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x',
      { host: 'aws.pooler.supabase.com', port: 6543, user: 'postgres.ref', password: 'pw12', database: 'postgres' },
    ],
    [
      'Heroku',
      'postgres://ublk:p4d5@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d7',
      { host: 'ec2-1-2-3-4.compute-1.amazonaws.com', port: 5432, user: 'ublk', password: 'p4d5', database: 'd7' },
    ],
    [
      'RDS, for psql',
      'host=mydb.abc.us-east-1.rds.amazonaws.com port=5432 dbname=app user=me sslmode=verify-full sslrootcert=/rds.pem',
      { host: 'mydb.abc.us-east-1.rds.amazonaws.com', port: 5432, user: 'me', database: 'app' },
    ],
    [
      'Azure, for psql',
      "host=x.postgres.database.azure.com port=5432 dbname=postgres user=me@x password='{your password}' sslmode=require",
      {
        host: 'x.postgres.database.azure.com',
        port: 5432,
        user: 'me@x',
        password: '{your password}',
        database: 'postgres',
      },
    ],
    [
      'Azure, as a url',
      'postgres://me%40x:p%40ss@x.postgres.database.azure.com/postgres?sslmode=require',
      { host: 'x.postgres.database.azure.com', user: 'me@x', password: 'p@ss', database: 'postgres' },
    ],
    [
      'Rails',
      'postgresql://me@db/app?pool=5&encoding=unicode&prepared_statements=false&foo_bar=1',
      { host: 'db', user: 'me', database: 'app', ignored: 'foo_bar' },
    ],
    [
      'SQLAlchemy',
      'postgresql+psycopg2://me:pw12@db/app',
      { host: 'db', user: 'me', password: 'pw12', database: 'app' },
    ],
    ['Django', 'postgis://me:pw12@db/app', { host: 'db', user: 'me', password: 'pw12', database: 'app' }],
    [
      'Cloud SQL',
      'postgresql:///app?host=/cloudsql/project:region:name&user=me&password=pw12',
      { host: '/cloudsql/project:region:name', user: 'me', password: 'pw12', database: 'app' },
    ],
    [
      'Azure, for psql, TLS first',
      'sslmode=require host=h user=me dbname=app',
      { host: 'h', user: 'me', database: 'app' },
    ],
    ['Neon, in words', 'channel_binding=prefer host=h dbname=app', { host: 'h', database: 'app' }],
    ['a socket', 'postgresql:///app?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'app' }],
    ['a user at a socket', 'postgresql://me@/app?host=/tmp', { host: '/tmp', user: 'me', database: 'app' }],
    ['a socket in its place', 'postgresql://me@%2Ftmp/app', { host: '/tmp', user: 'me', database: 'app' }],
    ['a port alone', 'postgres://:5433/app', { port: 5433, database: 'app' }],
    ['IPv6', 'postgres://me@[2001:db8::1]:5433/app', { host: '2001:db8::1', port: 5433, user: 'me', database: 'app' }],
    ['nothing', 'postgresql://', {}],
    ['a schema', 'postgres://h/app?schema=mine', { host: 'h', database: 'app', schema: 'mine' }],
    ['a schema in key=value', 'host=h dbname=app schema=mine', { host: 'h', database: 'app', schema: 'mine' }],
    ['a quote', "host=h password='it\\'s \\\\ me' user=me", { host: 'h', user: 'me', password: "it's \\ me" }],
    [
      'what is said in other places',
      'postgres://a:b@c:1/d?host=h&port=2&user=u&password=p&dbname=n&target_session_attrs=read-write&gssencmode=disable&connect_timeout=0',
      { host: 'h', port: 2, user: 'u', password: 'p', database: 'n' },
    ],
  ])('%s', (_, text, wanted) => expect(parts(text)).toEqual(wanted))
})

describe('what cannot be done is named, and nothing else is repeated:', () => {
  const S = 'c4nary'

  it.each<[string, RegExp]>([
    [`postgres://me:${S}@h1:5432,h2:5432/app`, /several hosts/],
    [`postgres://me:${S}@h1,h2/app`, /several hosts/],
    [`host=h1,h2 password=${S}`, /several hosts/],
    [`host=h port=1,2 password=${S}`, /several hosts/],
    [`postgres://me:${S}@h/app?service=x`, /"service"/],
    [`postgres://me:${S}@h/app?hostaddr=1.2.3.4`, /"hostaddr"/],
    [`postgres://me:${S}@h/app?target_session_attrs=standby`, /"target_session_attrs"/],
    [`postgres://me:${S}@h/app?sslmode=${S}`, /unknown sslmode; known modes are disable, allow, prefer/],
    [`postgres://me:${S}@h/app?channel_binding=require&sslmode=disable`, /channel_binding=require/],
    [`postgres://me:${S}@h/app?connect_timeout=${S}`, /"connect_timeout"/],
    [`postgres://me:${S}@h/app?requirepeer=x`, /"requirepeer"/],
    [`host=h password='${S} dbname=x`, /key=value/],
    [`host=h password=${S} and more`, /key=value/],
    // What stands behind an unescaped character is no host, no database and no parameter.
    [`postgres://me:12/${S}@host/db`, /%23 %2F %3F %40/],
    [`postgres://me:12?${S}@host/db`, /%23 %2F %3F %40/],
    [`postgres://me:12?x=${S}@host/db`, /%23 %2F %3F %40/],
    [`postgres://me:12#${S}@host/db`, /#/],
    [`postgres://me:${S}/x@host/db`, /%23 %2F %3F %40/],
    [`postgres://me:${S}?x@host/db`, /%23 %2F %3F %40/],
    [`postgres://me:${S}%@host/db`, /%25/],
    [`postgres:${S}`, /not a valid Postgres url/],
    [`postgres:/me:${S}@h/db`, /not a valid Postgres url/],
  ])('%s', (text, problem) => {
    let message = ''
    try {
      message = JSON.stringify(parseAddress(text))
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(problem)
    expect(message).not.toContain(S)
  })

  it('a password of every sort is told by nobody, whether it is understood or not', () => {
    for (const one of [
      '/',
      '?',
      '#',
      '@',
      ':',
      '%',
      '%zz',
      ' ',
      '&',
      '=',
      ',',
      '[',
      ']',
      '\\',
      '"',
      "'",
      ';',
      '\n',
      '//',
      '12/',
      '12?',
      '12#',
      '12@',
    ])
      for (const password of [`${one}${S}`, `${S}${one}`, `${one}${S}${one}${S}`, `12${one}${S}`])
        for (const text of [
          `postgres://me:${password}@host/db`,
          `postgresql://me:${password}@host:5432/db?sslmode=require`,
          `host=h user=me password=${password}`,
        ])
          expect(toldOf(text), text).not.toContain(S)
  })
})

function toldOf(text: string): string {
  try {
    const { shown } = placeOf(text)
    return JSON.stringify([shown, parseAddress(text).ignored])
  } catch (error) {
    return String((error as Error).stack)
  }
}
