import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { SqliteConnections } from '../src/dialects/sqlite/connections.ts'
import { openDatabase } from '../src/dialects/sqlite/database.ts'

// A table that one file copies out of another has each of its rows as it was, and whatever differs is seen.

const COLUMNS = ['id', 'text', 'double', 'blob']
const table = { name: 'things', columns: COLUMNS }
const DEFINITION = 'create table things (id INTEGER, text TEXT, double REAL, blob BLOB) strict'

let folder = ''
const raws: DatabaseSync[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
  return () => {
    for (const raw of raws.splice(0)) raw.close()
    rmSync(folder, { recursive: true })
  }
})

function file(name: string, ...statements: string[]): { readonly path: string; readonly raw: DatabaseSync } {
  const path = join(folder, name)
  const raw = new DatabaseSync(path)
  raws.push(raw)
  for (const statement of statements) raw.exec(statement)
  return { path, raw }
}

/** Values of every kind that SQLite stores, in rows whose numbers have gaps. */
function fill({ raw }: { readonly raw: DatabaseSync }, count: number): void {
  const texts = ['', 'a\u0000b', "é '\u{1F30A}'", '1', '1.0', 'x'.repeat(3000), null]
  const doubles = [0, -0, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -1, 1, null]
  const blobs = [new Uint8Array(), Uint8Array.of(0, 255), null]
  const insert = raw.prepare(`insert into things (_rowid_, ${COLUMNS}) values (?, ?, ?, ?, ?)`)
  const pick = <T>(values: readonly T[], n: number): T => values[n % values.length]!
  raw.exec('begin')
  const extremes = [-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n]
  for (let n = 0; n < count; n++) {
    const number = extremes[n] ?? BigInt(n) * 3n
    const values = [pick([BigInt(n), 2n ** 63n - 1n, null], n), pick(texts, n), pick(doubles, n), pick(blobs, n)]
    insert.run(number, ...(values as SQLInputValue[]))
  }
  raw.exec('commit')
}

/** Their storage class beside each value, and their bytes. */
function contents({ raw }: { readonly raw: DatabaseSync }): readonly unknown[] {
  const each = COLUMNS.map((name) => `typeof("${name}") || hex("${name}") || quote("${name}")`)
  return raw.prepare(`select cast(_rowid_ as text), ${each} from things order by _rowid_`).all()
}

async function beside<T>(
  from: string,
  work: (how: { copy(): Promise<number[]>; differences(): Promise<number> }) => Promise<T>,
  which = table,
) {
  const connections = new SqliteConnections(await openDatabase(join(folder, 'to.db'), { busyMs: 1000 }))
  try {
    return await connections.beside(from, which, async (other) =>
      work({
        async copy() {
          const batches: number[] = []
          for (;;) {
            const rows = await connections.transaction({ mode: 'write' }, (session) => other.copyNext(session))
            if (rows === 0) return batches
            batches.push(rows)
          }
        },
        async differences() {
          let sum = 0
          for await (const some of connections.reading(which.name, (session) => other.differences(session))) sum += some
          return sum
        },
      }),
    )
  } finally {
    await connections.close()
  }
}

describe('a table of another file', () => {
  it('is copied with all of its values and the numbers of its rows, some at a time', async () => {
    const from = file('from %23?.db', DEFINITION)
    fill(from, 60_000)
    const to = file('to.db', DEFINITION)
    const batches = await beside(from.path, async ({ copy, differences }) => {
      const copied = await copy()
      expect(await differences()).toBe(0)
      return copied
    })
    expect(batches!.length).toBeGreaterThanOrEqual(3)
    expect(batches!.reduce((sum, rows) => sum + rows)).toBe(60_000)
    expect(contents(to)).toEqual(contents(from))
  })

  it('is copied in fewer rows at a time where they are long', async () => {
    const from = file('from.db', DEFINITION)
    const insert = from.raw.prepare('insert into things values (?, ?, null, zeroblob(1000000))')
    for (let n = 0; n < 60; n++) insert.run(n, 'x')
    const more = from.raw.prepare('insert into things (_rowid_, text) values (?, ?)')
    from.raw.exec('begin')
    for (let n = -600; n < 0; n++) more.run(n, 'short')
    from.raw.exec('commit')
    const to = file('to.db', DEFINITION)
    const batches = await beside(from.path, ({ copy }) => copy())
    // As many as 16 MB hold, however many short ones there are before.
    let at = 0
    for (const rows of batches!) {
      const long = Math.min(rows, Math.max(0, at + rows - 600))
      expect(long).toBeLessThanOrEqual(16)
      at += rows
    }
    expect(at).toBe(660)
    expect(contents(to)).toEqual(contents(from))
  })

  it.each([
    ['a text', "update things set text = 'y' where _rowid_ = 300"],
    ['the case of a text', 'update things set text = upper(text) where _rowid_ = 15'],
    ['the last bit of a double', 'update things set double = 0.30000000000000004 where _rowid_ = 12'],
    ['a NULL that was none', 'update things set blob = null where _rowid_ = 12'],
    ['a value in place of NULL', 'update things set double = 0 where _rowid_ = 24'],
    ['a byte', "update things set blob = x'00fe' where _rowid_ = 12"],
    ['a whole number', 'update things set id = id + 1 where _rowid_ = 18'],
    ['a row that is gone', 'delete from things where _rowid_ = -1'],
    ['the last row', 'delete from things where _rowid_ = 9223372036854775807'],
    ['a row more', "insert into things (_rowid_, text) values (5, 'z')"],
    [
      'a row in place of another',
      "delete from things where _rowid_ = 12; insert into things (_rowid_, text) values (5, 'z')",
    ],
  ])('differs by %s, whichever side has it', async (_, change) => {
    for (const side of ['from', 'to'] as const) {
      const places = {
        from: file(`from-${side}.db`, DEFINITION),
        to: file('to.db', `drop table if exists things`, DEFINITION),
      }
      fill(places.from, 200)
      places.from.raw.exec("update things set double = 0.3, blob = x'00ff', text = 'Ab' where _rowid_ in (12, 15)")
      await beside(places.from.path, async ({ copy, differences }) => {
        await copy()
        expect(await differences()).toBe(0)
        places[side].raw.exec(change)
        expect(await differences(), side).toBeGreaterThan(0)
      })
    }
  })

  it('differs where only a collation says that it does not', async () => {
    const from = file('from.db', DEFINITION.replace('text TEXT', 'text TEXT collate nocase'))
    from.raw.exec("insert into things values (1, 'a', null, null)")
    const to = file('to.db', DEFINITION)
    await beside(from.path, async ({ copy, differences }) => {
      await copy()
      to.raw.exec("update things set text = 'A'")
      expect(await differences()).toBe(1)
    })
  })

  it('is neither changed nor kept from those who write it', async () => {
    const from = file('from.db', 'pragma journal_mode = wal', DEFINITION)
    fill(from, 10)
    file('to.db', DEFINITION)
    await beside(from.path, async ({ copy }) => {
      from.raw.exec('begin immediate; update things set double = 7')
      await copy()
      from.raw.exec('commit')
    })
    expect(from.raw.prepare('select count(*) as n from things where double = 7').get()).toEqual({ n: 10 })
  })

  it.each([
    ['of another encoding', ["pragma encoding = 'UTF-16'", DEFINITION]],
    [
      'whose rows have no numbers',
      [DEFINITION.replace('id INTEGER', 'id INTEGER primary key').replace('strict', 'strict, without rowid')],
    ],
    ['whose columns take any value', [DEFINITION.replace(' strict', '')]],
    ['of which a column is named like the numbers', [DEFINITION.replace('blob BLOB', 'blob BLOB, "_ROWID_" TEXT')]],
    ['that is none', ['create view things as select 1 as id']],
  ])('is left alone %s', async (_, statements) => {
    const from = file('from.db', ...statements)
    file('to.db', DEFINITION)
    expect(await beside(from.path, async () => 'begun')).toBeUndefined()
  })

  it('has any number of columns, but for one that leaves no room for the numbers of rows', async () => {
    for (const [count, differences] of [
      [1999, 0],
      [2000, undefined],
    ] as const) {
      const columns = Array.from({ length: count }, (_, n) => `c${n}`)
      const definition = `create table wide (${columns.map((name) => `${name} TEXT`)}) strict`
      const from = file(`from-${count}.db`, definition, "insert into wide (c7) values ('x')")
      file('to.db', 'drop table if exists wide', definition)
      const how = { name: 'wide', columns }
      const found = await beside(from.path, ({ copy, differences }) => copy().then(differences), how)
      expect(found, String(count)).toBe(differences)
    }
  })
})
