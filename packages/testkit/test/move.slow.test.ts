import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { bytes, defineSource, deleted, numeric } from '@tidemark/core'
import {
  type Destination,
  FAILPOINTS,
  type Failpoint,
  onFailpoint,
  readStateDocument,
  STATE_VERSION,
} from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { exportState, importState, move, type RunOptions, sync, systemClock, verify } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

// What is moved, or written down and read again, is there as it was: the next sync reads only what is missing.

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

let undo: (() => Promise<void>)[] = []
beforeEach(() => {
  undo = []
})
afterEach(async () => {
  onFailpoint(undefined)
  for (const one of undo.reverse()) await one()
})

interface Place {
  readonly url: string
  open(moving?: boolean): Promise<Destination>
  hand(statement: string): Promise<void>
}

let runners = 0
async function opened(url: string, moving = false): Promise<Destination> {
  const runner = { id: `move-${++runners}`, host: 'test', pid: 1, startedAt: 1n }
  const destination = await openDestination({ url, runner, moving, isAlive: () => false })
  undo.push(() => destination.close().catch(() => {}))
  return destination
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
    undo.push(async () => rmSync(folder, { recursive: true }))
    const url = join(folder, 'test.db')
    const hand = async (statement: string) => {
      const database = new DatabaseSync(url)
      database.exec(statement)
      database.close()
    }
    return { url, open: (moving) => opened(url, moving), hand }
  },
  postgres: async () => {
    const { url, schema } = await server.newSchema()
    undo.push(() => server.dropSchema(schema))
    return { url, open: (moving) => opened(url, moving), hand: (statement) => server.execute(statement, schema) }
  },
}

const row = z.looseObject({
  id: z.bigint(),
  at: z.iso.datetime({ offset: true }).nullable(),
  text: z.string().nullable(),
  double: z.number(),
  amount: numeric(),
  flag: z.boolean(),
  local: z.iso.datetime({ local: true }),
  day: z.iso.date(),
  json: z.any(),
  bytes: bytes(),
})
const FIRST = 2n ** 60n
const START = Date.parse('2024-02-28T23:00:00Z')
const original = (n: number) => ({
  id: FIRST + BigInt(n),
  at: new Date(START + n * 60_000).toISOString() as string | null,
  text: n % 7 === 0 ? null : `e\u0301 '${n}' \u0001`,
  double: n % 5 === 0 ? -0 : n / 3,
  amount: `0${n}.50`,
  flag: n % 2 === 0,
  local: '2024-03-10T02:30:00.5',
  day: '0000-02-29',
  json: { b: n, a: [1e21, 2n ** 61n, 0.1, null], '': {}, 10: 'x' },
  bytes: Uint8Array.of(0, n % 256, 255),
  undeclared: { n },
})
const COUNT = 300

interface Source {
  end: string
  asked: { readonly table: string; readonly from: string | undefined; readonly to: string | undefined }[]
  fails: boolean
}

function optionsOf(destination: Destination, source: Source): RunOptions {
  const memory = defineSource({ name: 'memory' })
  const read = (table: string) =>
    async function* ({ from, to }: { from?: string; to?: string }) {
      source.asked.push({ table, from, to })
      const inWindow = ({ at }: { at: string | null }) =>
        at === null || ((from === undefined || at >= from) && (to === undefined || at < to))
      const rows = Array.from({ length: COUNT }, (_, n) => original(n))
      yield [...rows, { ...original(7000), at: null }, { ...original(8000), flag: 'no boolean' }].filter(inWindow)
      if (table === 'keyed') yield deleted([{ id: FIRST + 3n }])
      if (source.fails && table === 'keyed' && from !== undefined && from <= '2024-02-02') throw new Error('broken')
    }
  const timed = { row, cursor: 'at', start: '2024-02-01T00:00:00Z', end: () => source.end, lookback: { ms: 0 } }
  const parts = memory.partitions(() => ['a', 'b'])
  const tables = [
    {
      ...timed,
      name: 'keyed',
      primaryKey: ['id'],
      window: { ms: 86_400_000 },
      nullCursor: 'keep',
      read: read('keyed'),
    },
    { ...timed, name: 'unkeyed', nullCursor: 'skip', read: read('unkeyed') },
    { name: 'whole', row, primaryKey: ['id'], partitions: parts, read: read('whole') },
    {
      name: 'a name that is longer than what any database takes for the name of a table',
      row,
      primaryKey: ['id', 'amount'],
      read: read('long'),
    },
  ].map((spec) => memory.table(spec as never))
  return {
    sources: [{ name: 'memory', source: memory.with(tables as never) as never, config: {}, options: {} }],
    destination,
    settings: { rejectLimit: { share: 1, above: 1 }, runColumn: true },
  }
}

/** The order of a json object's fields is the database's own. */
function canonical(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** All that is recorded, but the numbers of what moved. */
async function everything(destination: Destination): Promise<unknown> {
  const { relocation } = destination
  const kinds = ['tables', 'partitions', 'coverage', 'resyncs', 'changes', 'rejects', 'runs', 'steps'] as const
  const all: Record<string, unknown> = {}
  for (const kind of kinds) {
    const records: unknown[] = []
    for await (const chunk of relocation.records(kind)) records.push(...chunk.records)
    all[kind] = records
  }
  const { tables } = await destination.state()
  const rows: Record<string, unknown> = {}
  for (const { name, schema: recorded } of tables.values()) {
    rows[name] = await relocation.contents({ name, schema: recorded! })
    const list: Record<string, unknown>[] = []
    for await (const one of destination.read(name, { deleted: true })) list.push(one)
    const texts = list.map((one) => JSON.stringify(one, canonical)).sort()
    const runs = await destination.query(
      `select cast(_run as text), count(*) from "${name}" group by _run order by _run`,
    )
    rows[`runs of ${name}`] = JSON.stringify(runs.rows, canonical)
    all[name] = [texts.length, hash('sha256', texts.join('\n')), texts[0]]
  }
  return { ...all, rows }
}

async function filled(place: Place, source: Source): Promise<Destination> {
  const destination = await place.open()
  source.fails = true
  await sync(optionsOf(destination, source))
  source.fails = false
  // A table that is wanted again, and one that another is said to have read.
  const { leases } = await destination.lease(['memory_keyed', 'memory_unkeyed'])
  await destination.record(leases[0]!, [
    { kind: 'resync', partition: '', window: { from: 5n, to: 2n ** 62n }, reason: 'test' },
    { kind: 'assume', partition: '', cover: { from: undefined, to: -5n } },
  ])
  await destination.release(leases)
  return destination
}

const newSource = (): Source => ({ end: '2024-03-05T00:00:00Z', asked: [], fails: false })

const WAYS = [
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
] as const

describe.each(WAYS)('a move from %s to %s', (one, other) => {
  it('brings every row and all that is known, and the next sync reads only what is missing', async () => {
    const source = newSource()
    const [a, b] = [await PLACES[one]!(), await PLACES[other]!()]
    const from = await filled(a, source)
    const before = await everything(from)
    const to = await b.open(true)
    source.asked = []
    const report = await move({ from, to })
    expect(report.tables.map(({ rows }) => rows)).toContain(COUNT + 1)
    expect(source.asked).toEqual([])
    expect(await everything(to)).toEqual(before)
    expect(await everything(from)).toEqual(before)
    await to.close()

    const opened = await b.open()
    const options = optionsOf(opened, source)
    // The same steps as at the old place: what failed, what is wanted again, and tables that are always read whole.
    await sync(optionsOf(from, source))
    const there = source.asked
      .splice(0)
      .map((asked) => JSON.stringify(asked))
      .sort()
    expect((await sync(options)).exitCode).toBe(0)
    expect(
      source.asked
        .splice(0)
        .map((asked) => JSON.stringify(asked))
        .sort(),
    ).toEqual(there)
    await sync(options)
    expect(source.asked.filter(({ table }) => table === 'keyed' || table === 'unkeyed')).toEqual([])
    expect(await verify(options, { table: 'memory_keyed' })).toMatchObject({ exitCode: 0, found: [] })
    expect(await verify(options, { table: 'memory_unkeyed' })).toMatchObject({ exitCode: 0, found: [] })
    // Rejected rows moved too, and beside them nothing is in sync.
    expect(await verify(options, { table: 'memory_whole' })).toMatchObject({ exitCode: 4, found: [] })
    // New numbers come after those that moved.
    expect(await opened.startRun()).toBeGreaterThan(2)
  })

  it('that dies anywhere leaves its origin as it was, lets nobody in, and starts over', async () => {
    const source = newSource()
    const [a, b] = [await PLACES[one]!(), await PLACES[other]!()]
    const from = await filled(a, source)
    const before = await everything(from)
    for (const point of FAILPOINTS) {
      for (const nth of [2, 4, 7]) {
        const to = await b.open(true)
        let left = nth
        onFailpoint((at: Failpoint) => {
          if (at === point && --left <= 0) throw new Error('killed')
        })
        const died = await move({ from, to }).then(
          () => false,
          () => true,
        )
        onFailpoint(undefined)
        await to.close()
        expect(await everything(from)).toEqual(before)
        const looked = await b.open().catch((error: { code: string }) => error.code)
        if (typeof looked === 'string') expect(looked).toBe('destination-moving')
        else {
          const { tables } = await looked.state()
          // It came to its end and nobody knew, or to nothing at all.
          if (tables.size > 0) expect(await everything(looked)).toEqual(before)
          await looked.close()
          if (tables.size > 0) {
            expect(died || point === 'before-batch' || point === 'before-report' || left > 0).toBe(true)
            return
          }
        }
      }
    }
    const to = await b.open(true)
    await move({ from, to })
    expect(await everything(to)).toEqual(before)
  })
})

describe.each(WAYS)('a move from %s to %s notices', (one, other) => {
  it('a value that something changed of what it wrote', async () => {
    const source = newSource()
    const [a, b] = [await PLACES[one]!(), await PLACES[other]!()]
    const from = await filled(a, source)
    const to = await b.open(true)
    const { relocation } = to as { relocation: { native?: object } }
    const change = async (table: unknown) => {
      const { name } = table as { name: string }
      if (name === 'memory_unkeyed') await b.hand(`update memory_unkeyed set text = 'x' where id = ${FIRST + 8n}`)
    }
    for (const copier of [relocation, relocation.native!] as { put(...all: unknown[]): Promise<void> }[]) {
      const put = copier.put.bind(copier)
      copier.put = async (lease, table, ...more) => {
        await put(lease, table, ...more)
        await change(table)
      }
    }
    const { native } = to.relocation
    const copyBeside = native!.copyBeside.bind(native)
    native!.copyBeside = async (from, lease, table, { loose, onRows }) => {
      let changing: Promise<void> | undefined
      const hear = (rows: number) => {
        onRows(rows)
        changing ??= change(table)
      }
      const copied = await copyBeside(from, lease, table, { loose, onRows: hear })
      await changing
      return copied
    }
    await expect(move({ from, to })).rejects.toMatchObject({ code: 'destination-differs' })
  })
})

describe.each(WAYS.filter(([one, other]) => one !== other))(
  'a move from %s to %s whose sums are not equal',
  (one, other) => {
    it('compares the values of both', async () => {
      const source = newSource()
      const [a, b] = [await PLACES[one]!(), await PLACES[other]!()]
      const from = await filled(a, source)
      const to = await b.open(true)
      const asked: string[] = []
      to.relocation.native!.contents = async ({ name }) => {
        asked.push(name)
        return { rows: COUNT, hash: 'of rows that are written otherwise' }
      }
      await move({ from, to })
      expect(asked).toContain('memory_keyed')
      expect(await everything(to)).toEqual(await everything(from))
    })
  },
)

describe.each(['sqlite', 'postgres'])('a move from %s to postgres', (one) => {
  it('leaves each table with the key and the indexes that a sync makes', async () => {
    const indexes = async (destination: Destination) =>
      (
        await destination.query(`select tablename, indexdef like '%UNIQUE%', substring(indexdef from '\\(.*')
          from pg_indexes where schemaname = current_schema() and tablename like 'memory%' order by 1, 2, 3`)
      ).rows
    const [a, b, c] = [await PLACES[one]!(), await PLACES['postgres']!(), await PLACES['postgres']!()]
    const from = await filled(a, newSource())
    const to = await b.open(true)
    await move({ from, to })
    const synced = await indexes(await filled(c, newSource()))
    expect(synced.length).toBeGreaterThan(3)
    expect(await indexes(to)).toEqual(synced)
  })
})

describe('a move of a table of which a hand changed a column', () => {
  it('looks at its values, which may not be what its type says', async () => {
    const source = newSource()
    const [a, b] = [await PLACES['postgres']!(), await PLACES['postgres']!()]
    const from = await filled(a, source)
    // As many bytes as before, and with those of the other type they would be other numbers.
    await a.hand('alter table memory_keyed alter column "double" type bigint')
    const to = await b.open(true)
    await move({ from, to })
    const doubles = async (destination: Destination) =>
      (await destination.query('select "double"::text from memory_keyed order by id')).rows
    expect(await doubles(to)).toEqual(await doubles(from))
  })
})

describe('a move of a table of which a hand changed the numbers of its rows', () => {
  it.each(['', "update memory_keyed set text = 'x' where id = 1152921504606846984"])(
    'compares what its rows hold: %j there',
    async (changed) => {
      const source = newSource()
      const [a, b] = [await PLACES['sqlite']!(), await PLACES['sqlite']!()]
      const from = await filled(a, source)
      const [[definition] = []] = (
        await from.query("select sql from sqlite_schema where type = 'table' and name = 'memory_keyed'")
      ).rows
      const withoutKey = String(definition).replace(', primary key ("id")', '')
      expect(withoutKey).not.toBe(definition)
      await a.hand(`alter table memory_keyed rename to other; ${withoutKey};
        insert into memory_keyed select * from other order by id desc; drop table other;
        create unique index mine on memory_keyed (id)`)
      const before = await everything(from)
      const to = await b.open(true)
      const { contents } = to.relocation.native!
      to.relocation.native!.contents = async (table) => {
        if (table.name === 'memory_keyed') await b.hand(changed)
        return await contents.call(to.relocation.native, table)
      }
      if (changed === '') {
        await move({ from, to })
        expect(await everything(to)).toEqual(before)
      } else await expect(move({ from, to })).rejects.toMatchObject({ code: 'destination-differs' })
    },
  )
})

describe('a move is refused', () => {
  it('into a place that holds tables, or half of another move, or a table of that name', async () => {
    const source = newSource()
    const [a, b, c] = [await PLACES['sqlite']!(), await PLACES['sqlite']!(), await PLACES['postgres']!()]
    const from = await filled(a, source)
    const second = await filled(b, source)
    await expect(move({ from, to: second })).rejects.toThrow(/already contains tables of Tidemark/)
    await c.hand('create table memory_keyed (mine text)')
    const to = await c.open(true)
    await expect(move({ from, to })).rejects.toThrow(/a table of that name \(memory_keyed\) already/)
    await expect(move({ from: second, to })).rejects.toThrow(/was interrupted, and this one is from/)
    await expect(c.open()).rejects.toThrow(/run "tidemark move" again/)
    await c.hand('drop table memory_keyed')
    await move({ from, to })
  })

  it('of a value that the other place cannot hold, with its table, key and column, before anything counts', async () => {
    const source = newSource()
    const [a, b] = [await PLACES['postgres']!(), await PLACES['sqlite']!()]
    const from = await filled(a, source)
    await a.hand(`update memory_keyed set "double" = 'NaN' where id = ${FIRST + 5n}`)
    const to = await b.open(true)
    await expect(move({ from, to })).rejects.toThrow(
      `table "memory_keyed": the row with the key ["${FIRST + 5n}"] cannot be stored there: column "double" holds "NaN"`,
    )
    await expect(b.open()).rejects.toMatchObject({ code: 'destination-moving' })
    const [c, d] = [await PLACES['sqlite']!(), await PLACES['postgres']!()]
    const lite = await c.open()
    const keyed = defineSource({ name: 'long' })
    const table = keyed.table({
      name: 'keys',
      row: z.object({ id: z.string() }),
      primaryKey: ['id'],
      async *read() {
        yield [
          { id: 'short' },
          { id: Array.from({ length: 5000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join('') },
        ]
      },
    })
    await sync({
      sources: [{ name: 'long', source: keyed.with([table]) as never, config: {}, options: {} }],
      destination: lite,
    })
    const pg = await d.open(true)
    await expect(move({ from: lite, to: pg })).rejects.toThrow(
      /table "long_keys": the row with the key .* cannot be stored there/,
    )
  })

  it('while another runner holds a table', async () => {
    const source = newSource()
    const [a, b] = [await PLACES['sqlite']!(), await PLACES['sqlite']!()]
    const from = await filled(a, source)
    const other = await openDestination({ url: a.url, runner: { id: 'other', host: 'else', pid: 2, startedAt: 1n } })
    await other.lease(['memory_whole'])
    await expect(move({ from, to: await b.open(true) })).rejects.toMatchObject({ code: 'held' })
    await other.close()
  })
})

const quiet = { signal: new AbortController().signal, onTable: () => {}, redact: (text: string) => text }
const asking = (answers: number[]) => ({
  ...quiet,
  clock: systemClock,
  stop: () => {},
  confirm: async (tables: number) => void answers.push(tables),
})

describe.each(Object.keys(PLACES))('a state written down on %s', (name) => {
  it('comes back exactly into a database that has the rows, and the next sync reads only what is missing', async () => {
    const source = newSource()
    const place = await PLACES[name]!()
    const destination = await filled(place, source)
    const before = await everything(destination)
    const text = JSON.stringify(await exportState(destination, quiet))
    for (const kind of ['tables', 'partitions', 'coverage', 'resyncs', 'changes', 'rejects', 'leases'])
      await place.hand(`delete from _tidemark_${kind}`)
    const answers: number[] = []
    expect(await importState(destination, readStateDocument(text), asking(answers))).toBe(4)
    expect(answers).toEqual([])
    expect(await everything(destination)).toMatchObject({ ...(before as object), runs: [], steps: [] })
    await importState(destination, readStateDocument(text), asking(answers))
    expect(answers).toEqual([4])
    source.asked = []
    expect((await sync(optionsOf(destination, source))).exitCode).toBe(0)
    expect(source.asked.filter(({ table }) => table === 'unkeyed')).toEqual([])
    expect(await verify(optionsOf(destination, source), { table: 'memory_keyed' })).toMatchObject({ exitCode: 0 })
  })

  it('is refused where the rows are not', async () => {
    const source = newSource()
    const place = await PLACES[name]!()
    const destination = await filled(place, source)
    const document = readStateDocument(JSON.stringify(await exportState(destination, quiet)))
    const attempt = () => importState(destination, document, asking([]))
    await place.hand(`update memory_keyed set text = 'x' where id = ${FIRST + 9n}`)
    await place.hand(`delete from memory_unkeyed where id = ${FIRST + 9n}`)
    await place.hand('delete from memory_whole')
    const before = await everything(destination)
    await expect(attempt()).rejects.toThrow(
      /memory_keyed holds 30[01] rows here, but not the same ones; memory_unkeyed holds 299 rows here; it held 300; memory_whole is empty here; it held \d+ rows/,
    )
    expect(await everything(destination)).toEqual(before)
    await place.hand('drop table memory_whole')
    await expect(attempt()).rejects.toThrow(/memory_whole is missing here/)
    await place.hand('alter table memory_unkeyed drop column flag')
    await expect(attempt()).rejects.toThrow(/memory_unkeyed is another table here: .*no column "flag"/)
  })
})

describe('a state document', () => {
  it.each([
    ['', /is not JSON/],
    ['[]', /is not a document that "tidemark state export" wrote/],
    [
      `{"tidemark":"state","version":${STATE_VERSION + 1}}`,
      new RegExp(`version ${STATE_VERSION + 1}, and this Tidemark supports versions up to ${STATE_VERSION}`),
    ],
    [`{"tidemark":"state","version":${STATE_VERSION - 1}}`, /export it again/],
    [`{"tidemark":"state","version":${STATE_VERSION}}`, /was changed/],
  ])('%s is refused', (text, message) => {
    expect(() => readStateDocument(text)).toThrow(message)
  })

  it('that a hand changed is refused', async () => {
    const source = newSource()
    const destination = await filled(await PLACES['sqlite']!(), source)
    const text = JSON.stringify(await exportState(destination, quiet))
    for (const [what, into] of [
      [/"to_position":"\d+"/, '"to_position":12'],
      [/"to_position":"\d+"/, '"to_position":"9223372036854775808"'],
      [/"status":"[a-z]+"/, '"status":"great"'],
      [/"schema":"\{/, '"schema":"['],
      [/"name":"memory_keyed","partition"/, '"name":"other","partition"'],
      // What fits its schema, and is not what was written.
      [/"to_position":"\d+"/, '"to_position":"4102444800000000"'],
      [/"from_position":"\d+"/, '"from_position":"7"'],
      [/"from_position":"\d+"/, '"from_position":"4102444800000000"'],
      [/"failures":"0"/, '"failures":"1"'],
      [/"rows":\d+/, '"rows":1'],
    ] as const) {
      expect(text).toMatch(what)
      expect(() => readStateDocument(text.replace(what, into)), String(into)).toThrow(/was changed/)
    }
    expect(() => readStateDocument(text)).not.toThrow()
    // How it is set out is no change.
    expect(() => readStateDocument(`\uFEFF${JSON.stringify(JSON.parse(text), null, 4)}`)).not.toThrow()
    expect(() =>
      readStateDocument(text.replace(/("from_position":)"\d+","to_position":"\d+"/, '$1"9","to_position":"3"')),
    ).toThrow(/a range of the table "memory_\w+" ends at 3, before it begins at 9/)
  })

  it('that says what has not come yet was read is refused, unless that is known', async () => {
    const source = newSource()
    const destination = await filled(await PLACES['sqlite']!(), source)
    const document = readStateDocument(JSON.stringify(await exportState(destination, quiet)))
    const far = 4_102_444_800_000_000n
    const covered = document.records.map(({ kind, records }) => ({
      kind,
      records: kind === 'coverage' ? records.map((one) => ({ ...one, to_position: far })) : records,
    }))
    const before = await everything(destination)
    const attempt = (records: typeof covered) => importState(destination, { ...document, records }, asking([]))
    await expect(attempt(covered)).rejects.toThrow(
      /memory_keyed is covered until 2100-01-01T00:00:00Z.*nothing was changed|nothing was changed: .*memory_\w+ is covered until 2100-01-01T00:00:00Z/,
    )
    expect(await everything(destination)).toEqual(before)
    const partitions = covered.flatMap((one) => (one.kind === 'coverage' ? one.records : []))
    const healed = partitions.map(({ name, partition }, id) => ({
      ...{ id: BigInt(1000 + id), name: name!, partition: partition!, from_position: null, to_position: far },
      ...{ requested_at: 0n, reason: 'a clock was ahead' },
    }))
    await attempt([...covered, { kind: 'resyncs', records: healed }])
  })
})
