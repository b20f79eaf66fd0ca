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

const WRITERS = 4
/** What happens where two writers meet. */
const EXPECTED = ['40P01', '23505', '40001', '55P03']

/** Changes tables until it is stopped. */
export class Load {
  transactions = 0
  #isStopped = false
  readonly #pool: pg.Pool
  readonly #writers: Promise<void>[]
  readonly #failures: unknown[] = []

  /** @param rare statements of which now and then one runs by itself. */
  constructor(url: string, rare: readonly string[] = []) {
    this.#pool = new pg.Pool({ connectionString: url, max: WRITERS + 1, options: '-c lock_timeout=2s' })
    this.#pool.on('error', () => {})
    this.#writers = Array.from({ length: WRITERS }, () => this.#write())
    if (rare.length > 0) this.#writers.push(this.#alter(rare))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#writers)
    await this.#pool.end()
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  async #write(): Promise<void> {
    while (!this.#isStopped) {
      const client = await this.#pool.connect()
      try {
        await client.query('BEGIN')
        for (let left = 1 + random(8); left > 0; left--) await one(client)
        if (random(30) === 0) await sleep(200)
        await client.query(random(15) === 0 ? 'ROLLBACK' : 'COMMIT')
        this.transactions++
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {})
        if (!EXPECTED.includes(String((error as { code?: unknown }).code))) this.#failures.push(error)
      } finally {
        client.release()
      }
      await sleep(random(8))
    }
  }

  async #alter(rare: readonly string[]): Promise<void> {
    for (const statement of rare) {
      await sleep(300 + random(1200))
      if (this.#isStopped) return
      await this.#pool.query(statement).catch((error) => {
        if (!EXPECTED.includes(String(error.code))) this.#failures.push(error)
      })
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
export const LOAD_QUERIES: Readonly<Record<string, readonly [source: string, destination: string]>> = {
  accounts: [
    'SELECT id, v, md5(big), n FROM accounts ORDER BY 1',
    'SELECT id, v, big, n FROM crm_accounts WHERE _deleted_at IS NULL ORDER BY 1',
  ],
  log: [
    'SELECT b, count(*)::int FROM log GROUP BY b ORDER BY b COLLATE "C"',
    'SELECT b, count(*) FROM crm_log WHERE _deleted_at IS NULL GROUP BY b ORDER BY b',
  ],
  orders: [
    `SELECT region, no, note, array_to_string(tags, '|'), paid::numeric::text FROM orders ORDER BY no`,
    'SELECT region, no, note, tags, paid FROM crm_orders WHERE _deleted_at IS NULL ORDER BY no',
  ],
  parts: [
    'SELECT id, day, v FROM parts ORDER BY 1, 2',
    'SELECT id, day, v FROM crm_parts WHERE _deleted_at IS NULL ORDER BY 1, 2',
  ],
}
