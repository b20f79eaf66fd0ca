import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Tables of every kind that a log has to deal with. */
export const LOAD_TABLES = `
  CREATE TABLE accounts (id int PRIMARY KEY, v int, big text, n bigint) WITH (fillfactor = 10);
  ALTER TABLE accounts ALTER COLUMN big SET STORAGE EXTERNAL;
  CREATE TABLE log (a int, b text);
  CREATE TABLE orders (region text, no int, note text, tags text[], paid money, PRIMARY KEY (region, no));
  ALTER TABLE orders REPLICA IDENTITY FULL;
  CREATE TABLE parts (id int, day int, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE parts_0 PARTITION OF parts FOR VALUES FROM (0) TO (50);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (50) TO (100);
  INSERT INTO accounts SELECT g, 0, repeat(md5(g::text), 80), 0 FROM generate_series(1, 12000) g;
  INSERT INTO log SELECT g, 'old ' || g FROM generate_series(1, 20000) g;
  INSERT INTO orders SELECT 'r' || g % 7, g, 'note', ARRAY['a', g::text], g FROM generate_series(1, 3000) g;
  INSERT INTO parts SELECT g, g % 100, 0 FROM generate_series(1, 3000) g`

/** The config under which they are read. */
export const LOAD_CONFIG = { replication: 'log', tables: { log: { appendOnly: true } } }

/** Statements that are rare, and of which the log does not tell all as changes of rows. Each can run at any time. */
const RARE = [
  'VACUUM FULL accounts',
  'TRUNCATE log',
  'TRUNCATE parts_0',
  `TRUNCATE accounts; INSERT INTO accounts SELECT g, 1, repeat(md5('again' || g), 80), 0 FROM generate_series(1, 4000) g`,
  'ALTER TABLE parts ADD COLUMN IF NOT EXISTS more int DEFAULT 7',
  'ALTER TABLE parts DROP COLUMN IF EXISTS more',
  'ALTER TABLE accounts ADD COLUMN IF NOT EXISTS made uuid DEFAULT gen_random_uuid()',
  'ALTER TABLE accounts DROP COLUMN IF EXISTS made',
  'ALTER TABLE accounts ADD COLUMN IF NOT EXISTS doubled int GENERATED ALWAYS AS (v * 2) STORED',
  'ALTER TABLE accounts DROP COLUMN IF EXISTS doubled',
  'ALTER TABLE orders ADD COLUMN IF NOT EXISTS remark text',
  'ALTER TABLE orders DROP COLUMN IF EXISTS remark',
  'ALTER TABLE orders ALTER COLUMN note TYPE varchar(200)',
  'ALTER TABLE orders ALTER COLUMN note TYPE text',
  'ALTER TABLE parts ALTER COLUMN v TYPE bigint',
  'ALTER TABLE parts ALTER COLUMN v TYPE int',
]

/** After these all tables have the columns that are compared. */
const LAST = [
  'ALTER TABLE parts ADD COLUMN IF NOT EXISTS more int DEFAULT 7',
  'ALTER TABLE accounts ADD COLUMN IF NOT EXISTS made uuid DEFAULT gen_random_uuid()',
  'ALTER TABLE orders ADD COLUMN IF NOT EXISTS remark text',
]

const WRITERS = 4
/** What happens where two writers meet. */
const EXPECTED = ['40P01', '23505', '40001', '55P03']
/** What happens to writers whose server is killed. */
const CUT_OFF = ['57P01', '57P02', '57P03', '08006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']
const isCutOff = (error: unknown): boolean =>
  CUT_OFF.includes(String((error as { code?: unknown }).code)) ||
  /^Connection terminated|is not queryable/.test(String((error as Error).message))

export interface LoadOptions {
  /** Statements that change tables themselves run now and then. */
  readonly isAltering?: boolean
  /** Its server may be killed. */
  readonly survivesKills?: boolean
}

/** Changes tables until it is stopped. */
export class Load {
  transactions = 0
  alterations = 0
  #isStopped = false
  readonly #pool: pg.Pool
  readonly #writers: Promise<void>[]
  readonly #failures: unknown[] = []

  readonly #survivesKills: boolean
  readonly #url: string

  constructor(url: string, { isAltering = false, survivesKills = false }: LoadOptions = {}) {
    this.#url = url
    this.#survivesKills = survivesKills
    this.#pool = new pg.Pool({ connectionString: url, max: WRITERS + 1, options: '-c lock_timeout=2s' })
    this.#pool.on('error', () => {})
    // One that is at work says so itself; what it waits for fails as well.
    this.#pool.on('connect', (client) => client.on('error', () => {}))
    this.#writers = Array.from({ length: WRITERS }, () => this.#write())
    if (isAltering) this.#writers.push(this.#alter())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#writers)
    await this.#pool.end()
    if (this.#failures.length > 0) throw this.#failures[0]
    const client = new pg.Client(this.#url)
    await client.connect()
    for (const statement of LAST) await client.query(statement)
    await client.end()
  }

  #failed(error: unknown): void {
    if (EXPECTED.includes(String((error as { code?: unknown }).code))) return
    if (!this.#survivesKills || !isCutOff(error)) this.#failures.push(error)
  }

  async #write(): Promise<void> {
    while (!this.#isStopped) {
      await this.#transaction().catch((error) => this.#failed(error))
      await sleep(random(8))
    }
  }

  async #transaction(): Promise<void> {
    const client = await this.#pool.connect()
    let broken: unknown
    try {
      await client.query('BEGIN')
      for (let left = 1 + random(8); left > 0; left--) await one(client)
      // Some stay open for longer than others take.
      if (random(30) === 0) await sleep(random(400))
      await client.query(random(15) === 0 ? 'ROLLBACK' : 'COMMIT')
      this.transactions++
    } catch (error) {
      await client.query('ROLLBACK').catch((cut: unknown) => (broken = cut))
      throw error
    } finally {
      client.release(broken as Error | undefined)
    }
  }

  async #alter(): Promise<void> {
    while (!this.#isStopped) {
      await sleep(300 + random(2500))
      if (this.#isStopped) return
      await this.#pool.query(RARE[random(RARE.length)]!).then(
        () => this.alterations++,
        (error) => this.#failed(error),
      )
    }
  }
}

const random = (below: number): number => Math.floor(Math.random() * below)

async function one(client: pg.PoolClient): Promise<void> {
  const id = 1 + random(14_000)
  switch (random(16)) {
    case 0:
    case 1:
    case 2:
      await client.query('UPDATE accounts SET v = v + 1, n = n + $2 WHERE id = $1', [id, random(9)])
      return
    case 3:
      await client.query('UPDATE accounts SET big = repeat(md5(random()::text), 80), v = v + 1 WHERE id = $1', [id])
      return
    case 4:
      await client.query('DELETE FROM accounts WHERE id = $1', [id])
      return
    case 5:
      await client.query(
        'INSERT INTO accounts (id, v, big, n) VALUES ($1, 1, repeat(md5(random()::text), 80), 0) ON CONFLICT DO NOTHING',
        [id],
      )
      return
    case 6:
      // To a key that is free, also of a row that was deleted.
      await client.query(
        'UPDATE accounts SET id = $2 WHERE id = $1 AND NOT EXISTS (SELECT FROM accounts WHERE id = $2)',
        [id, 1 + random(20_000)],
      )
      return
    case 7: {
      // Two rows take each other's key.
      const other = 1 + random(14_000)
      if (other === id) return
      await client.query('UPDATE accounts SET id = -$1::int WHERE id = $1', [id])
      await client.query('UPDATE accounts SET id = $1 WHERE id = $2', [id, other])
      await client.query('UPDATE accounts SET id = $2 WHERE id = -$1::int', [id, other])
      return
    }
    case 8:
    case 9:
      await client.query("INSERT INTO log VALUES ($1::int, 'new ' || $1::int)", [random(1_000_000)])
      return
    case 10:
      await client.query(
        "UPDATE orders SET note = md5(random()::text), tags = array_append(tags[1:5], 'b') WHERE no = $1",
        [random(3000)],
      )
      return
    case 11:
      await client.query("UPDATE orders SET region = 'r' || $2 WHERE no = $1", [random(3000), String(random(9))])
      return
    case 12:
      // From one partition to the other.
      await client.query('UPDATE parts SET day = (day + 37) % 100, v = v + 1 WHERE id = $1', [random(3000)])
      return
    case 13:
      await client.query('DELETE FROM parts WHERE id = $1', [random(3000)])
      return
    case 14:
      await client.query('INSERT INTO parts VALUES ($1, $2, 0) ON CONFLICT DO NOTHING', [random(4000), random(100)])
      return
    default:
      await client.query('SAVEPOINT s')
      await client.query('UPDATE accounts SET v = -1 WHERE id = $1', [id])
      await client.query(random(2) === 0 ? 'ROLLBACK TO s' : 'RELEASE s')
  }
}

/** A query of each table that gives its rows in the same texts at both ends: of the source, and of a destination. */
const QUERIES: Readonly<Record<string, readonly [source: string, destination: string]>> = {
  accounts: [
    'SELECT id, v, big, n, made FROM accounts ORDER BY 1',
    'SELECT id, v, big, n, made FROM crm_accounts WHERE _deleted_at IS NULL ORDER BY 1',
  ],
  log: [
    'SELECT b, count(*)::int FROM log GROUP BY b ORDER BY b COLLATE "C"',
    'SELECT b, count(*) FROM crm_log WHERE _deleted_at IS NULL GROUP BY b ORDER BY b',
  ],
  orders: [
    'SELECT region, no, note, tags, paid::numeric::text, remark FROM orders ORDER BY no',
    'SELECT region, no, note, tags, paid, remark FROM crm_orders WHERE _deleted_at IS NULL ORDER BY no',
  ],
  parts: [
    'SELECT id, day, v, more FROM parts ORDER BY 1, 2',
    'SELECT id, day, v, more FROM crm_parts WHERE _deleted_at IS NULL ORDER BY 1, 2',
  ],
}

/** A row as a text, with large values as their hashes. */
const rowText = (row: readonly unknown[]): string =>
  row
    .map((value) => {
      const isList = typeof value === 'string' && value.startsWith('[')
      const text = String(isList ? JSON.parse(value) : value)
      return text.length > 100 ? createHash('md5').update(text).digest('hex') : text
    })
    .join('|')

/** How the tables of a destination differ from those of the source: rows that it lacks, and rows that it should not have. */
export async function differences(
  source: (query: string) => Promise<readonly (readonly unknown[])[]>,
  destination: (query: string) => Promise<readonly (readonly unknown[])[]>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, string[]> = {}
  for (const [table, [from, into]] of Object.entries(QUERIES)) {
    const expected = (await source(from)).map(rowText)
    const actual = (await destination(into)).map(rowText)
    const [wanted, have] = [new Set(expected), new Set(actual)]
    const differing = [
      ...expected.filter((one) => !have.has(one)).map((one) => `- ${one}`),
      ...actual.filter((one) => !wanted.has(one)).map((one) => `+ ${one}`),
    ]
    if (actual.length !== expected.length) differing.push(`${actual.length} rows of ${expected.length}`)
    if (differing.length > 0) found[table] = differing
  }
  return found
}
