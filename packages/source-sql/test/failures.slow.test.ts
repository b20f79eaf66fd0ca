import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite, temporaryFolder } from './harness.ts'

const SECRET = 'geheim/9x'
const withSecret = (url: string, user?: string): string => {
  const changed = new URL(url)
  changed.password = encodeURIComponent(SECRET)
  if (user !== undefined) changed.username = user
  return changed.toString()
}

/** Opens the source and gives its error as all that could be seen of it. */
async function refusal(
  config: Record<string, unknown> & { url: string },
): Promise<{ remedy: string; message: string }> {
  const { url, ...more } = config
  const error = await errorOf(open({ url }, more))
  const shown = `${error.message} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause ?? null)}`
  expect(shown).not.toContain(SECRET)
  expect(shown).not.toContain(encodeURIComponent(SECRET))
  return { remedy: error.remedy, message: error.message }
}

async function closedPort(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a server that is not there', () => {
  it.each(['postgres', 'mysql'])('may come back: %s', async (scheme) => {
    const found = await refusal({
      url: `${scheme}://me:${encodeURIComponent(SECRET)}@127.0.0.1:${await closedPort()}/crm`,
    })
    expect(found.remedy).toBe('retry')
    expect(found.message).toMatch(/(Postgres|MySQL) at 127\.0\.0\.1:\d+\/crm: cannot be reached \(.*ECONNREFUSED/)
  })

  it.each(['postgres', 'mysql'])('or hangs up in the middle: %s', async (scheme) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.destroy())
      if (scheme === 'mysql') setTimeout(() => socket.destroy(), 50)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    expect((await refusal({ url: `${scheme}://me:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/crm` })).remedy).toBe(
      'retry',
    )
  })
})

describe('what the user must put right', () => {
  it('is a wrong password', async () => {
    const found = await refusal({ url: withSecret(inject('postgres')) })
    expect(found).toEqual({ remedy: 'fix-config', message: expect.stringContaining('check the user and the password') })
    if (!hasMariaDb) return
    const mysql = await refusal({ url: withSecret(inject('mariadb')!) })
    expect(mysql).toEqual({ remedy: 'fix-config', message: expect.stringContaining('check the user, the password') })
  })

  it('is a database that there is not', async () => {
    const elsewhere = (url: string): string => Object.assign(new URL(url), { pathname: '/nowhere' }).toString()
    expect((await refusal({ url: elsewhere(inject('postgres')) })).message).toContain('after the last "/" of the URL')
    if (hasMariaDb)
      expect((await refusal({ url: elsewhere(inject('mariadb')!) })).message).toContain('after the last "/" of the URL')
  })

  it('is a server that does not encrypt, where encryption is wanted', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write('N'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    for (const mode of ['require', 'verify-full']) {
      const found = await refusal({
        url: `postgres://me:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/db?sslmode=${mode}`,
      })
      expect(found).toEqual({ remedy: 'fix-config', message: expect.stringContaining('sslmode=disable') })
    }
  })

  it.each([['Postgres', postgres], ...(hasMariaDb ? [['MariaDB', mariadb] as const] : [])] as const)(
    'is a certificate that nobody vouches for: %s',
    async (_, make) => {
      const world = await make()
      await world.run('CREATE TABLE t (id int PRIMARY KEY, x varchar(100))')
      await world.run(`INSERT INTO t VALUES (1, 'ü'), (2, NULL)`)
      const found = await refusal({ url: `${world.url}?sslmode=verify-full` })
      expect(found).toEqual({ remedy: 'fix-config', message: expect.stringContaining('sslrootcert=') })
      const given = `sslrootcert=${encodeURIComponent(inject('certificate'))}`
      for (const mode of ['sslmode=require', `sslmode=verify-ca&${given}`, `sslmode=verify-full&${given}`]) {
        const opened = await open({ url: `${world.url}?${mode}` })
        expect(await opened.read()).toEqual([
          { id: 1, x: 'ü' },
          { id: 2, x: null },
        ])
      }
      const missing = await refusal({ url: `${world.url}?sslmode=verify-full&sslrootcert=/nowhere.pem` })
      expect(missing).toEqual({ remedy: 'fix-config', message: expect.stringContaining('/nowhere.pem') })
    },
  )

  it('is a file that is no database, or not there', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'text.db'), 'this is no database, whatever its name says'.repeat(100))
    const missing = await refusal({ url: join(folder, 'missing.db') })
    expect(missing).toEqual({ remedy: 'fix-config', message: expect.stringContaining('check the path') })
    const text = await refusal({ url: join(folder, 'text.db') })
    expect(text).toEqual({ remedy: 'fix-config', message: expect.stringContaining('not a SQLite database') })
  })

  it('is a table that may not be read: left out with a warning, refused where it is named', async () => {
    const world = await postgres()
    const role = `r${process.pid}_${Date.now()}`
    await world.run(`CREATE TABLE open (id int PRIMARY KEY, secret int); CREATE TABLE closed (id int PRIMARY KEY);
      CREATE ROLE ${role} LOGIN PASSWORD '${SECRET}'; GRANT SELECT (id) ON open TO ${role}`)
    const url = withSecret(world.url, role)
    const opened = await open({ url })
    expect(opened.tables.map((table) => [table.name, Object.keys(opened.types(table.name))])).toEqual([
      ['open', ['id']],
    ])
    expect(opened.warnings).toEqual([
      expect.stringMatching(/cannot be read by this user.*closed; GRANT SELECT/),
      expect.stringMatching(/^open: secret cannot be read by this user/),
    ])
    const named = await open({ url }, { tables: { closed: {} } })
    const error = await errorOf(named.read('closed'))
    expect([error.remedy, error.message]).toEqual(['fix-config', expect.stringContaining('GRANT SELECT')])
    await Promise.all([opened.client.close(), named.client.close()])
    await world.run(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('is an answer that takes too long, or a view that fails', async () => {
    const world = await postgres()
    await world.run(
      `CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text; CREATE VIEW broken AS SELECT 1 / (random() * 0)::int AS id`,
    )
    const opened = await open(world, { views: true, statementTimeout: '500ms' })
    const slow = await errorOf(opened.read('slow'))
    expect([slow.remedy, slow.message]).toEqual(['fix-config', expect.stringContaining('statementTimeout')])
    const broken = await errorOf(opened.read('broken'))
    expect([broken.remedy, broken.message]).toEqual(['fix-config', expect.stringContaining('division by zero')])
  })

  it('is a table that went away after it was found', async () => {
    for (const make of hasMariaDb ? [postgres, mariadb, sqlite] : [postgres, sqlite]) {
      const world = await make()
      await world.run('CREATE TABLE t (id int PRIMARY KEY)')
      const opened = await open(world)
      await world.run('DROP TABLE t')
      const error = await errorOf(opened.read())
      expect([error.remedy, error.message]).toEqual(['fix-config', expect.stringContaining('the next run discovers')])
    }
  })
})

describe('a statement timeout', () => {
  it('does not count the time in which rows are written elsewhere', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 30000)')
    const opened = await open(world, { statementTimeout: '1s' })
    let rows = 0
    for await (const page of opened
      .table()
      .read({ client: opened.client, signal: new AbortController().signal, log: console } as never)) {
      rows += (page as unknown[]).length
      if (rows < 20_000) await new Promise((resolve) => setTimeout(resolve, 1500))
    }
    expect(rows).toBe(30_000)
  })
})

describe('a connection that breaks', () => {
  it('while it reads is a failure that may pass, and while it is idle nothing at all', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50000)')
    const opened = await open(world)
    const kill = () =>
      world.run(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark source-sql' AND datname = current_database()`,
      )
    await kill()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await opened.read()).toHaveLength(50_000)
    const reading = async (): Promise<void> => {
      for await (const _ of opened
        .table()
        .read({ client: opened.client, signal: new AbortController().signal, log: console } as never))
        await kill()
    }
    expect((await errorOf(reading())).remedy).toBe('retry')
    expect(await opened.read()).toHaveLength(50_000)
  })
})
