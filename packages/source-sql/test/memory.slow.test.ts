import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, postgres, sqlite } from './harness.ts'

const SMALL = 20_000
const WIDE = 120
const MB = 1 << 20

async function readIn(
  url: string,
  table: string,
  heapMb = 80,
): Promise<{ rows: number; widest: number; rssMb: number }> {
  const flags = [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=8', '--no-warnings']
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    join(import.meta.dirname, 'read-all.ts'),
    url,
    table,
  ])
  return JSON.parse(stdout) as { rows: number; widest: number; rssMb: number }
}

const systems = [
  [
    'Postgres',
    postgres,
    `SELECT n, 'a' FROM generate_series(1, ${SMALL}) n`,
    `SELECT n, repeat('x', ${MB}) FROM generate_series(${SMALL + 1}, ${SMALL + WIDE}) n`,
  ],
  [
    'SQLite',
    sqlite,
    `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${SMALL}) SELECT n, 'a' FROM s`,
    `WITH RECURSIVE s(n) AS (SELECT ${SMALL + 1} UNION ALL SELECT n + 1 FROM s WHERE n < ${SMALL + WIDE}) SELECT n, hex(zeroblob(${MB / 2})) FROM s`,
  ],
  ...(hasMariaDb
    ? [
        [
          'MariaDB',
          mariadb,
          `SELECT seq, 'a' FROM seq_1_to_${SMALL}`,
          `SELECT seq, repeat('x', ${MB}) FROM seq_${SMALL + 1}_to_${SMALL + WIDE}`,
        ] as const,
      ]
    : []),
] as const

describe.each(systems)('rows of %s that suddenly are wide', (_, make, small, wide) => {
  it('are read in pages by their bytes, in little memory', async () => {
    const world = await make()
    const text = world.system === 'mysql' ? 'longtext' : 'text'
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, v ${text})`)
    await world.run(`INSERT INTO t ${small}`)
    await world.run(`INSERT INTO t ${wide}`)
    // Without a key to go on from, all come from one statement.
    await world.run('CREATE VIEW v AS SELECT v FROM t')
    for (const table of ['t', 'v']) {
      const { rows, widest } = await readIn(world.url, table)
      expect([table, rows]).toEqual([table, SMALL + WIDE])
      expect(widest).toBeLessThan(table === 'v' && world.system === 'sqlite' ? 18 * MB : 6 * MB)
    }
  })
})

describe('values of SQLite', () => {
  it('are not loaded when types are looked for', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, v text, at datetime)')
    await world.run(`INSERT INTO t VALUES (1, hex(zeroblob(${75 * MB})), '2024-01-02 03:04:05')`)
    // The value itself is one text of 150 MB.
    const { rows, widest, rssMb } = await readIn(world.url, 't', 400)
    expect({ rows, widest }).toEqual({ rows: 1, widest: 150 * MB })
    expect(rssMb).toBeLessThan(700)
  })
})

describe('documents of Postgres', () => {
  it('of ten megabytes come one by one', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int PRIMARY KEY, v jsonb);
      INSERT INTO t SELECT n, jsonb_build_object('a', repeat('x', ${10 * MB})) FROM generate_series(1, 30) n`)
    expect(await readIn(world.url, 't')).toMatchObject({ rows: 30 })
  })
})
