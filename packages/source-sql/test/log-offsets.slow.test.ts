import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 4)

interface Offset {
  readonly shapes: Readonly<Record<string, string>>
  readonly isChanging?: boolean
  readonly outdated?: unknown
}

/** What versions before this one kept of a table: marks of columns by name and type, its files and its partitions. */
interface OldTable {
  readonly columns: readonly (readonly [mark: string, number: string])[]
  readonly files: string
  readonly leaves: readonly string[]
}

async function oldTable(world: LogWorld, name: string): Promise<OldTable> {
  const columns = (await world.sql(
    `SELECT attname, atttypid::text, attnum::text FROM pg_attribute WHERE attrelid = '${name}'::regclass AND attnum > 0 AND NOT attisdropped`,
  )) as [string, string, string][]
  const leaves = (await world.sql(
    `SELECT c.oid::text, c.relfilenode::text, (t.relid <> '${name}'::regclass)::text FROM pg_class c
      JOIN (SELECT '${name}'::regclass AS relid UNION SELECT relid FROM pg_partition_tree('${name}')) t ON t.relid = c.oid WHERE c.relkind = 'r'`,
  )) as [string, string, string][]
  return {
    columns: columns.map(([column, type, number]) => [digest(`${type} ${column}`), number]),
    files: digest(
      leaves
        .map(([oid, file]) => `${oid}.${file}`)
        .sort()
        .join(),
    ),
    leaves: leaves.flatMap(([oid, , isPartition]) => (isPartition === 'true' ? [oid] : [])),
  }
}

/** An offset as a version before stored it, of one as it is stored now. */
type Older = (offset: Offset, table: (name: string) => OldTable) => Omit<Offset, 'isChanging' | 'outdated'>

const shapesOf =
  (text: (table: OldTable) => string): Older =>
  ({ isChanging: _, outdated: __, ...offset }, table) => ({
    ...offset,
    shapes: Object.fromEntries(Object.keys(offset.shapes).map((name) => [name, text(table(name))])),
  })

const OLDER: readonly (readonly [title: string, older: Older, isReadAgain: boolean])[] = [
  ['that is only compared', ({ outdated: _, ...offset }) => offset, false],
  ['without what is changing', ({ outdated: _, isChanging: __, ...offset }) => offset, false],
  [
    'with marks of names and types, and partitions',
    shapesOf(({ columns, files, leaves }) => {
      const marks = columns.map(([mark, number]) => mark + number).sort()
      return [marks.join('.'), files, leaves.toSorted().join('.')].join('/')
    }),
    false,
  ],
  // Which column is which is not in it.
  [
    'with marks alone',
    shapesOf(({ columns, files }) => {
      const marks = columns.map(([mark]) => mark).sort()
      return `${marks.join('')}/${files}`
    }),
    true,
  ],
]

describe.each(VERSIONS)('an offset of the log of Postgres %s that an earlier version stored', (_, major) => {
  const { open } = logServer(major)

  it.each(OLDER)('is continued from: one %s', async (__, older, isReadAgain) => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text, price numeric(9, 2));
      CREATE TABLE p (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE p_0 PARTITION OF p FOR VALUES FROM (0) TO (50); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (50) TO (100);
      INSERT INTO t SELECT n, 'v' || n, n FROM generate_series(1, 100) n; INSERT INTO p SELECT n, n % 100, 'v' FROM generate_series(1, 200) n`)
    await world.well()
    const tables = { t: await oldTable(world, 't'), p: await oldTable(world, 'p') }
    const file = new DatabaseSync(world.into.file)
    const { committed_offset: stored } = file.prepare('SELECT committed_offset FROM _tidemark_feeds').get()!
    const before = older(JSON.parse(String(stored)) as Offset, (name) => tables[name as keyof typeof tables])
    expect(Object.keys(before.shapes)).toEqual(expect.arrayContaining(['p', 't']))
    file.prepare('UPDATE _tidemark_feeds SET committed_offset = ?').run(JSON.stringify(before))
    file.close()
    await world.sql(`UPDATE t SET v = 'new' WHERE id < 10; DELETE FROM t WHERE id = 50; UPDATE t SET id = 1000 WHERE id = 60;
      UPDATE p SET day = 99 WHERE id = 1`)
    world.log.length = 0
    await world.well()
    expect(world.log.join('\n').includes('read again')).toBe(isReadAgain)
    expect(world.log.join('\n')).not.toContain('from the beginning')
    world.log.length = 0
    await world.sql('ALTER TABLE t ADD COLUMN more int; UPDATE t SET more = 1 WHERE id = 20')
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
    const there = await world.sql('SELECT id, v, price::text, more FROM t ORDER BY id')
    expect(world.live('t', 'id, v, price, more').map((row) => Object.values(row))).toEqual(there)
    const parts = await world.sql('SELECT id, day, v FROM p ORDER BY id')
    expect(world.live('p', 'id, day, v').map((row) => Object.values(row))).toEqual(parts)
  })
})
