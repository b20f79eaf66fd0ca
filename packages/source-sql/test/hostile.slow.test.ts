import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, open, postgres, sqlite } from './harness.ts'

describe('a text that is said to be JSON', () => {
  it('and is none makes its row a reject, not a NULL', async () => {
    const systems = [postgres, sqlite, ...(hasMariaDb ? [mariadb] : [])]
    for (const make of systems) {
      const world = await make()
      await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, x varchar(100))')
      await world.run(`INSERT INTO t VALUES (1, '{"a": 1}'), (2, '{"a": '), (3, NULL)`)
      const opened = await open(world, { tables: { t: { columns: { x: 'json' } } } })
      const rows = (await opened.read()).toSorted((a, b) => Number(a['id']) - Number(b['id']))
      expect(rows.map((row) => JSON.stringify(row['x']))).toEqual([
        '{"a":1}',
        '{"not JSON":"{\\"a\\": ","value":null}',
        'null',
      ])
      // What makes every destination refuse it.
      expect((rows[1]!['x'] as { value: unknown }).value).toBeNaN()
    }
  })

  it('may be deeper than can be read', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY, x json)')
    await world.run(`SET max_stack_depth = '6MB'`)
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    await world.run('INSERT INTO t VALUES (1, $1), (2, $2)', [deep, '[1]'])
    expect(await (await open(world)).read()).toHaveLength(2)
  })
})

describe('a server without an encoding', () => {
  it('sends bytes that are no text: the row is refused, nothing is replaced', async () => {
    const world = await postgres()
    const name = `${new URL(world.url).pathname.slice(1)}_ascii`
    await world.run(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`)
    const url = Object.assign(new URL(world.url), { pathname: `/${name}` }).toString()
    const { default: pg } = await import('pg')
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, x text);
      INSERT INTO t VALUES (1, E'caf\\xe9'), (2, E'caf\\xc3\\xa9'), (3, E'\\xef\\xbf\\xbd')`)
    await client.end()
    const opened = await open({ url })
    const rows = await opened.read()
    expect(rows.map((row) => [row['x'], opened.table().row.safeParse(row).success])).toEqual([
      [new Uint8Array(Buffer.from('caf\xe9', 'latin1')), false],
      ['café', true],
      ['\uFFFD', true],
    ])
    await opened.client.close()
    await world.run(`DROP DATABASE ${name} WITH (FORCE)`)
  })
})

describe.skipIf(!hasMariaDb)('a table without a key', () => {
  it('is not cut off by the statement timeout while its rows are written elsewhere', async () => {
    const world = await mariadb()
    await world.run('CREATE TABLE t (x int, y varchar(2000))')
    await world.run(`INSERT INTO t SELECT seq, repeat('x', 2000) FROM seq_1_to_30000`)
    const opened = await open(world, { statementTimeout: '1s' })
    let rows = 0
    let waits = 0
    for await (const page of opened
      .table()
      .read({ client: opened.client, signal: new AbortController().signal, log: console } as never)) {
      rows += (page as unknown[]).length
      if (waits++ < 2) await new Promise((resolve) => setTimeout(resolve, 1500))
    }
    expect(rows).toBe(30_000)
  })
})

describe('values of a key', () => {
  it('are found again whatever they hold, from page to page', async () => {
    for (const make of hasMariaDb ? [mariadb, sqlite] : [sqlite]) {
      const world = await make()
      await world.run(
        `CREATE TABLE t (a varchar(60) NOT NULL, b ${world.system === 'mysql' ? 'varbinary' : 'blob'}${world.system === 'mysql' ? '(20)' : ''} NOT NULL, PRIMARY KEY (a, b))`,
      )
      const texts = [
        `'; DROP TABLE t; --`,
        `\\`,
        `\\'`,
        `"`,
        `%`,
        `_`,
        '?',
        '$1',
        ':a',
        '😀',
        'ä',
        'a',
        'A',
        '',
        ' ',
        '\n',
        '1e3',
        '007',
      ]
      let n = 0
      const wanted = new Set<string>()
      for (const text of texts) {
        for (let at = 0; at < 60; at++) {
          const bytes = Buffer.from([255, 0, 39, at, n++ % 256])
          wanted.add(`${text}|${bytes.toString('hex')}`)
          await world.run('INSERT INTO t VALUES (?, ?)', [text, bytes])
        }
      }
      const rows = await (await open(world)).read()
      expect(
        rows.map((row) => `${row['a']}|${Buffer.from(row['b'] as Uint8Array).toString('hex')}`).toSorted(),
      ).toEqual([...wanted].toSorted())
    }
  })
})
