import pg from 'pg'
import { LogChunks } from '../src/postgres/log/log-chunks.ts'
import { LogConnection } from '../src/postgres/log/log-connection.ts'
import { Sessions } from '../src/postgres/sessions.ts'

export class Crash extends Error {}

export const SCHEDULED_TABLE = `CREATE TABLE t (id int PRIMARY KEY, v int, big text) WITH (fillfactor = 10);
  ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
  INSERT INTO t SELECT n, 0, repeat(md5(n::text), 80) FROM generate_series(1, 20) n`

const AGAIN = `INSERT INTO t (id, v, big) SELECT n, 500, repeat(md5(random()::text), 80) FROM generate_series(1, 12) n`

/** Statements that change the table itself. Those that do not fit what it is then fail, and nothing happens. */
const ALTERATIONS: readonly string[] = [
  'ALTER TABLE t ADD COLUMN made int DEFAULT 7',
  'ALTER TABLE t ADD COLUMN made int DEFAULT 8',
  'ALTER TABLE t ADD COLUMN made int DEFAULT (random() * 1000)::int',
  'ALTER TABLE t DROP COLUMN IF EXISTS made',
  'ALTER TABLE t DROP COLUMN IF EXISTS made',
  'ALTER TABLE t DROP COLUMN IF EXISTS made, ADD COLUMN made int DEFAULT 9',
  'ALTER TABLE t ADD COLUMN extra int',
  'ALTER TABLE t DROP COLUMN extra',
  'ALTER TABLE t DROP COLUMN IF EXISTS extra; ALTER TABLE t ADD COLUMN extra int',
  'ALTER TABLE t RENAME COLUMN made TO extra',
  'ALTER TABLE t RENAME COLUMN extra TO made',
  'ALTER TABLE t ADD COLUMN doubled int GENERATED ALWAYS AS (v * 2) STORED',
  'ALTER TABLE t DROP COLUMN doubled',
  'ALTER TABLE t DROP COLUMN IF EXISTS doubled, ALTER COLUMN v TYPE bigint',
  'ALTER TABLE t DROP COLUMN IF EXISTS doubled, ALTER COLUMN v TYPE int',
  'ALTER TABLE t ADD COLUMN price numeric(10, 4) DEFAULT 1.2345',
  'ALTER TABLE t ALTER COLUMN price TYPE numeric(10, 2)',
  'ALTER TABLE t ALTER COLUMN price TYPE numeric(10, 4)',
  'ALTER TABLE t DROP COLUMN price',
  'VACUUM FULL t',
  `TRUNCATE t; ${AGAIN}`,
  `BEGIN; UPDATE t SET v = v + 1 WHERE id < 4; ALTER TABLE t DROP COLUMN IF EXISTS extra; ALTER TABLE t ADD COLUMN extra int;
    UPDATE t SET extra = 3 WHERE id < 6; COMMIT`,
]

function changeOfRows(below: (limit: number) => number): string {
  const [id, other] = [1 + below(24), 1 + below(24)]
  const changes = [
    `UPDATE t SET v = v + 1 WHERE id = ${id}`,
    `UPDATE t SET v = v + 1 WHERE id = ${id}`,
    `UPDATE t SET big = repeat(md5(random()::text), 80) WHERE id = ${id}`,
    `UPDATE t SET extra = ${other} WHERE id = ${id}`,
    `UPDATE t SET made = ${other} WHERE id = ${id}`,
    `UPDATE t SET price = 3.14159 WHERE id = ${id}`,
    `DELETE FROM t WHERE id = ${id}`,
    `INSERT INTO t (id, v, big) VALUES (${id}, 1, repeat(md5(random()::text), 80)) ON CONFLICT DO NOTHING`,
    `UPDATE t SET id = ${other} WHERE id = ${id} AND NOT EXISTS (SELECT FROM t WHERE id = ${other})`,
    id === other
      ? 'SELECT 1'
      : `BEGIN; UPDATE t SET id = -${id} WHERE id = ${id}; UPDATE t SET id = ${id} WHERE id = ${other}; UPDATE t SET id = ${other} WHERE id = -${id}; COMMIT`,
  ]
  return changes[below(changes.length)]!
}

/** What one seed has happen: statements between any two steps of a run, and where it dies. */
export class Schedule {
  readonly lines: string[] = []
  #left = 0
  #calls = 0
  #diesAt = -1
  #isOn = false
  #last: Promise<void> = Promise.resolve()
  #state: number
  readonly #client: pg.Client

  constructor(seed: number, url: string) {
    this.#state = seed
    // A step may hold what a statement waits for.
    this.#client = new pg.Client({ connectionString: url, options: '-c lock_timeout=40ms' })
    this.#client.on('error', () => {})
  }

  /** The same numbers for a seed each time (mulberry32). */
  readonly random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  readonly below = (limit: number): number => Math.floor(this.random() * limit)

  async begin(): Promise<void> {
    await this.#client.connect()
    await this.#client.query(SCHEDULED_TABLE)
  }

  async end(): Promise<void> {
    await this.#last
    await this.#client.end()
  }

  /** From here on until `stopRun` things happen. */
  startRun(): void {
    this.#isOn = true
    this.#left = 4 + this.below(14)
    this.#calls = 0
    this.#diesAt = this.random() < 0.75 ? this.below(14) : -1
  }

  async stopRun(): Promise<void> {
    this.#isOn = false
    this.#diesAt = -1
    await this.#last
  }

  async happen(count: number): Promise<void> {
    for (let left = count; left > 0; left--)
      await this.#run(this.random() < 0.35 ? ALTERATIONS[this.below(ALTERATIONS.length)]! : changeOfRows(this.below))
  }

  /** Between two steps of a run. */
  readonly step = async (): Promise<void> => {
    if (!this.#isOn || this.#left <= 0 || this.random() >= 0.25) return
    const many = Math.min(1 + this.below(4), this.#left)
    this.#left -= many
    await this.happen(many)
  }

  /** Does what is committed to the destination, or dies before or after that. */
  async commit<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.step()
    const dies = this.#calls++ === this.#diesAt
    if (dies && this.random() < 0.5) throw this.#crash(`before ${name}`)
    const result = await work()
    this.lines.push(name)
    if (dies) throw this.#crash(`after ${name}`)
    return result
  }

  #crash(where: string): Crash {
    this.lines.push(`dies ${where}`)
    return new Crash('it was killed')
  }

  #run(text: string): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        for (const statement of text.split(';')) await this.#client.query(statement)
        this.lines.push(text)
      } catch {
        await this.#client.query('ROLLBACK').catch(() => {})
      }
    })
    return this.#last
  }
}

/** Has things happen between the steps of all runs of this process. @returns what ends that. */
export function schedule(one: Schedule): () => void {
  const questions = Sessions.prototype
  const { inTransaction, readingIn } = questions
  const { next } = LogConnection.prototype
  const { cut } = LogChunks.prototype
  questions.inTransaction = async function (this: Sessions, ...args: unknown[]) {
    await one.step()
    return await (inTransaction as (...all: unknown[]) => Promise<unknown>).apply(this, args)
  } as Sessions['inTransaction']
  questions.readingIn = async function* (this: Sessions, reads, asked, check) {
    await one.step()
    const rows = readingIn.call(this, reads, asked, async (client) => {
      const isReady = await check(client)
      await one.step()
      return isReady
    })
    const head = yield* rows
    await one.step()
    return head
  }
  // The server may have sent much that is taken a little at a time.
  const waiting = new WeakMap<LogConnection, Awaited<ReturnType<LogConnection['next']>>[number][]>()
  LogConnection.prototype.next = async function (this: LogConnection) {
    await one.step()
    const pieces = waiting.get(this) ?? []
    waiting.set(this, pieces)
    if (pieces.length === 0) pieces.push(...(await next.call(this)))
    return pieces.splice(0, 1 + one.below(6))
  }
  LogChunks.prototype.cut = async function (this: LogChunks, ...args) {
    this.pages = 3
    await one.step()
    return await cut.apply(this, args)
  }
  return () => {
    Object.assign(questions, { inTransaction, readingIn })
    LogConnection.prototype.next = next
    LogChunks.prototype.cut = cut
  }
}
