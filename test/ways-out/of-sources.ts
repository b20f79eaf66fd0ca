import { join } from 'node:path'
import { expect } from 'vitest'
import { commandsIn, configIn } from './project.ts'
import { fails, follows, type WayOut, works } from './way-out.ts'

const ORDERS = `table('orders', async function* () { yield rows(200) })`
const named = (name: string) => `table('${name}', async function* () { yield rows(3) })`

/** What the tables of an installed source say. */
export const OF_SOURCES: readonly WayOut[] = [
  {
    code: 'no-tables',
    title: 'a source that lists nothing any more',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      project.shop('')
      const text = await fails(project, 'no-tables', 'sync')
      const [command] = commandsIn(text, 'sync').filter((one) => one.includes('--accept-deletions'))
      expect((await project.sh(command!)).code).toBe(0)
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'deletion-limit',
    title: 'most rows of a table gone at once',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      project.shop(ORDERS.replace('200', '20'))
      await follows(project, await fails(project, 'deletion-limit', 'sync'), 'sync')
      expect(project.count('shop_orders')).toBe(20)
    },
  },
  {
    code: 'deletion-limit',
    title: 'the same where any number may go',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      project.shop(ORDERS.replace('200', '20'))
      const [, source, table] = /sources\.(\w+)\.tables\.(\w+)\.deletionLimit/.exec(
        await fails(project, 'deletion-limit', 'sync'),
      )!
      project.config({ sources: { [source!]: { tables: { [table!]: { deletionLimit: 'none' } } } } })
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(20)
    },
  },
  {
    code: 'reject-limit',
    title: 'rows of another type',
    async walk(world) {
      const project = world.project()
      project.shop(`table('orders', async function* () { yield rows(200).map(({ id }) => ({ id, text: id })) })`)
      const text = await fails(project, 'reject-limit', 'sync')
      expect(await follows(project, text, 'rejects list')).toContain('shop_orders')
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), text: z.int() }), primaryKey: ['id'], async *read() { yield rows(200).map(({ id }) => ({ id, text: id })) } })`,
      )
      await works(project, 'sync', 'shop_orders')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'paused',
    title: 'a table with another key',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      project.shop(`table('orders', async function* () { yield [{ id: 1, text: 'b' }] }, { primaryKey: ['text'] })`)
      await follows(project, await fails(project, 'paused', 'sync'), 'resync')
      expect(project.count('shop_orders')).toBe(1)
    },
  },
  {
    code: 'too-many-windows',
    title: 'windows of an hour from the year 1 on',
    async walk(world) {
      const project = world.project()
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', window: core.hours(1), start: '0001-01-01T00:00:00Z', end: () => '2026-02-01T00:00:00Z', async *read() {} })`,
      )
      const text = await fails(project, 'too-many-windows', 'sync', '--max-time', '1s')
      const [, source, table, key] = /Set sources\.(\w+)\.tables\.(\w+)\.(initialSyncStart)/.exec(text)!
      project.config({ sources: { [source!]: { tables: { [table!]: { [key!]: '2026-01-31' } } } } })
      await works(project, 'sync')
    },
  },
  {
    code: 'clash',
    title: 'two tables of one name in the database',
    async walk(world) {
      const project = world.project()
      project.shop(`${named('orders')}, ${named('Orders')}`)
      const text = await fails(project, 'clash', 'sync')
      project.config({ sources: { shop: { tables: configIn(text, /sources\.shop\.tables: /) } } })
      await works(project, 'sync')
      expect(project.count('shop_orders_2')).toBe(3)
    },
  },
  {
    code: 'alias',
    title: 'two tables that swapped their names',
    async walk(world) {
      const project = world.project()
      project.shop(`${named('a')}`)
      await works(project, 'sync')
      project.shop(
        `table('a', async function* () { yield rows(3) }), table('b', async function* () { yield rows(3) }, { aliases: ['a'] })`,
      )
      const text = await fails(project, 'alias', 'sync')
      project.config({ sources: { shop: { tables: configIn(text, /sources\.shop\.tables: /) } } })
      await works(project, 'sync')
      expect(project.count('shop_a_2')).toBe(3)
    },
  },
  {
    code: 'other-project',
    title: 'a table that another project syncs, under another name',
    async walk(world) {
      const [project, other] = [world.project(), world.project()]
      const destination = join(project.folder, 'shared.db')
      for (const one of [project, other]) one.shop(ORDERS)
      for (const one of [project, other]) one.config({ destination })
      await works(project, 'sync')
      other.shop(named('orders'))
      const text = await fails(other, 'other-project', 'sync')
      other.config({ destination, ...configIn(text, /such as (?=namespace)/) })
      await works(other, 'sync')
      expect(other.count('second_shop_orders')).toBe(3)
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'other-project',
    title: 'the same, taken over',
    async walk(world) {
      const [project, other] = [world.project(), world.project()]
      const destination = join(project.folder, 'shared.db')
      for (const one of [project, other]) one.shop(ORDERS)
      for (const one of [project, other]) one.config({ destination })
      await works(project, 'sync')
      other.shop(named('orders'))
      const text = await fails(other, 'other-project', 'sync')
      const [command] = commandsIn(text, 'sync').filter((one) => one.includes('--take-over'))
      // What it has now are its own rows, and the others stay until they are allowed to go.
      expect((await other.sh(command!)).text).toContain('errors.md#deletion-limit')
      await follows(other, await fails(other, 'deletion-limit', 'sync'), 'sync')
      expect(other.count('shop_orders')).toBe(3)
    },
  },
  {
    code: 'source-bug',
    title: 'a table that throws, left out',
    async walk(world) {
      const project = world.project()
      project.shop(`${ORDERS}, table('broken', async function* () { throw new TypeError('no') })`)
      await fails(project, 'source-bug', 'sync')
      expect((await project.run('sync', '--verbose')).text).toContain('TypeError: no')
      project.config({ sources: { shop: { tables: { broken: false } } } })
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'forbidden',
    title: 'a table that the user may not read, left out',
    async walk(world) {
      const project = world.project()
      project.shop(
        `${ORDERS}, table('secret', async function* () { throw new SyncError('you may not', 'fix-config', { code: 'forbidden' }) })`,
      )
      await fails(project, 'forbidden', 'sync')
      project.config({ sources: { shop: { tables: { secret: false } } } })
      await works(project, 'sync')
    },
  },
  {
    code: 'timeout',
    title: 'a source that needs longer to answer',
    async walk(world) {
      const project = world.project()
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => new Promise((resolve) => setTimeout(resolve, 2000, '2026-02-01T00:00:00Z')), async *read() { yield [{ id: 1, at: '2026-01-10T00:00:00Z' }] } })`,
      )
      project.config({ stallTimeout: '1s' })
      await fails(project, 'timeout', 'sync')
      project.config({ stallTimeout: '10m' })
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(1)
    },
  },
  {
    code: 'deletions-unseen',
    title: 'a table that is read by a cursor',
    async walk(world) {
      const project = world.project()
      const at = (count: number) =>
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => '2026-02-01T00:00:00Z', async *read() { yield rows(${count}).map(({ id }) => ({ id, at: '2026-01-10T00:00:00Z' })) } })`
      project.shop(at(10))
      await works(project, 'sync')
      project.shop(at(9))
      const text = await works(project, 'status')
      expect(text).toContain('errors.md#deletions-unseen')
      await follows(project, text, 'resync')
      expect(project.count('shop_orders')).toBe(9)
    },
  },
]
