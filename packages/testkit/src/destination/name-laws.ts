import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'

const LONG = 'a_name_that_is_longer_than_sixty_three_bytes_and_has_the_same_start'
// F4, F5, F7, F8, F9, F13, I9.
const NAMES = [
  'a"; drop table t; --',
  'a`b',
  'a]b',
  'a\nb',
  '/* x',
  'a.b',
  'main.x',
  'price as eur',
  'x as y',
  'Foo.Bar',
  'count(*)',
  'order',
  'group',
  'user',
  'table',
  'select',
  '1st',
  ' ',
  '👍',
  'é',
  "it's",
  '?',
  ':now',
  '../../x',
  '%2e',
  'CON',
  '__proto__',
  'constructor',
  'toString',
  'rowid',
  'oid',
  'ctid',
  'xmin',
  'excluded',
  't',
  's',
  'o',
  'n',
  'new',
  'old',
]
const SYSTEM = ['_kind', '_at', '_synced_at', '_deleted_at', '_cursor', '_partition', '_extra', '_rowid_', '_CURSOR']

export function testNames(database: () => TestDatabase): void {
  describe('names', () => {
    it('of tables and columns are taken as they are', async () => {
      const world = await DestinationUnderTest.on(database())
      for (const name of NAMES) {
        const row = z.object({ [name]: z.string() })
        const table = await world.table({ name, row, primaryKey: [name], partitioned: true })
        expect(table.name).toBe(name)
        expect(world.destination.nameOf(name)).toBe(name)
        await table.replace([Object.fromEntries([[name, 'x']])], { partition: 'p' })
        expect(Object.entries((await table.incremental())[0]!)).toEqual([[name, 'x']])
        expect((await table.state()).name).toBe(name)
      }
      expect((await world.destination.state()).tables.size).toBe(NAMES.length)
      await world.destination.close()
    })

    it('can all be columns of one table, keyed or not, with those of the system beside them', async () => {
      const world = await DestinationUnderTest.on(database())
      const names = [...NAMES, ...SYSTEM, 'Id', 'id', 'ID', `${LONG}_a`, `${LONG}_b`, 'é'.repeat(40), '__proto']
      const row = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
      const given = Object.fromEntries(names.map((name, at) => [name, `value ${at}`]))
      for (const primaryKey of [[names[0]!], []]) {
        const table = await world.table({ name: `wide_${primaryKey.length}`, row, primaryKey })
        await table.replace([given])
        expect(await table.replace([given])).toMatchObject({ written: 0, unchanged: 1 })
        expect(Object.entries((await table.incremental())[0]!).sort()).toEqual(Object.entries(given).sort())
        const columns = table.prepared.schema.columns.map(({ column }) => column)
        expect(new Set(columns.map((column) => column.toLowerCase())).size).toBe(columns.length)
        expect(columns.every((column) => Buffer.byteLength(column) <= 63 && !column.includes('\ufffd'))).toBe(true)
      }
      await world.destination.close()
    })

    it('that are too long stay apart, and stay the same', async () => {
      const world = await DestinationUnderTest.on(database())
      const wanted = [
        `${LONG}_a`,
        `${LONG}_b`,
        '👍'.repeat(20),
        'sqlite_sequence',
        '_tidemark_runs',
        'tidemark_status',
        'pg_class',
      ]
      const names: string[] = []
      for (const name of wanted) {
        const table = await world.table({ name, row: z.object({ id: z.string() }), primaryKey: ['id'] })
        await table.write([{ id: name }])
        expect(await table.column('id')).toEqual([name])
        const { nameOf } = world.destination
        expect(nameOf(name)).toBe(table.name)
        expect(nameOf(table.name)).toBe(table.name)
        names.push(table.name)
      }
      expect(new Set(names).size).toBe(wanted.length)
      expect(names.every((name) => Buffer.byteLength(name) <= 63)).toBe(true)
      await world.destination.close()
      const again = await DestinationUnderTest.on(database())
      for (const [at, name] of wanted.entries()) {
        const table = await again.table({ name, row: z.object({ id: z.string() }), primaryKey: ['id'] })
        expect([table.name, table.prepared.changes]).toEqual([names[at], []])
      }
      await again.destination.close()
    })

    it('may be what another table brings with it: its key, its type, its index, its sequence', async () => {
      const world = await DestinationUnderTest.on(database())
      const names = ['x', 'x_pkey', '_x', 'x_id_seq', 'sqlite_autoindex_x_1', '_tidemark_key_1', '_tidemark_position_2']
      for (const primaryKey of [['id'], []]) {
        for (const name of names) {
          const table = await world.table({
            name: `${name}${primaryKey.length === 0 ? '_0' : ''}`,
            row: z.object({ id: z.string() }),
            primaryKey,
          })
          await table.replace([{ id: name }])
          expect(await table.column('id')).toEqual([name])
        }
      }
      expect((await world.destination.state()).tables.size).toBe(2 * names.length)
      await world.destination.close()
    })

    it('of tables that differ in case only never become one table', async () => {
      const world = await DestinationUnderTest.on(database())
      const spec = { row: z.object({ id: z.string() }), primaryKey: ['id'] }
      const first = await world.table({ ...spec, name: 'Things' })
      await first.write([{ id: 'first' }])
      try {
        await (await world.table({ ...spec, name: 'things' })).write([{ id: 'second' }])
      } catch (error) {
        expect(SyncError.is(error) && error.code).toBe('table-changed')
      }
      expect(await first.column('id')).toEqual(['first'])
      await world.destination.close()
    })

    it('are recorded with what they stand for', async () => {
      const world = await DestinationUnderTest.on(database())
      const wanted = ['id', 'Id', `${LONG}_a`, '_cursor']
      const row = z.object(Object.fromEntries(wanted.map((name) => [name, z.string()])))
      const table = await world.table({ name: `${LONG}_table`, row, primaryKey: ['id'] })
      const { schema: recorded } = await table.state()
      expect(recorded?.columns.map(({ name }) => name)).toEqual(wanted)
      const { columns } = await world.destination.query(`select * from "${table.name}"`)
      for (const { column } of recorded!.columns) expect(columns).toContain(column)
      await world.destination.close()
    })

    it('of columns stay as they were first chosen', async () => {
      const world = await DestinationUnderTest.on(database())
      const first = await world.table({ row: z.object({ id: z.int(), Note: z.string() }), primaryKey: ['id'] })
      const second = await world.table({
        row: z.object({ id: z.int(), note: z.string(), Note: z.string() }),
        primaryKey: ['id'],
      })
      const name = (columns: typeof first.prepared.schema.columns, wanted: string) =>
        columns.find((column) => column.name === wanted)!.column
      expect(name(first.prepared.schema.columns, 'Note')).toBe('Note')
      expect(name(second.prepared.schema.columns, 'Note')).toBe('Note')
      expect(name(second.prepared.schema.columns, 'note')).toMatch(/^note_[0-9a-f]{8}$/)
      await world.destination.close()
    })

    it.each(['', 'a\0b', '\ud800'])('are refused where no database takes them: %j', async (name) => {
      const world = await DestinationUnderTest.on(database())
      const refused = (error: unknown) => SyncError.is(error) && error.remedy === 'fix-source'
      await expect(world.table({ name, row: z.object({ id: z.int() }), primaryKey: ['id'] })).rejects.toSatisfy(refused)
      await expect(world.table({ row: z.object({ [name]: z.int() }), primaryKey: [name] })).rejects.toSatisfy(refused)
      await world.destination.close()
    })
  })
}
