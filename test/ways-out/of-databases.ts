import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { fails, until, type WayOut, works } from './way-out.ts'

const ORDERS = `table('orders', async function* () { yield rows(200) })`
const WIDER = `shop.table({ name: 'orders', row: z.object({ id: z.int(), text: z.string(), more: z.int() }), primaryKey: ['id'], async *read() { yield rows(200).map((one) => ({ ...one, more: 1 })) } })`

/** What the database says that rows are brought into. */
export const OF_DATABASES: readonly WayOut[] = [
  {
    code: 'destination-unavailable',
    title: 'a database in a folder that is a file',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      project.write('notes', '')
      project.config({ destination: 'notes/x.db' })
      await fails(project, 'destination-unavailable', 'sync')
      project.config({ destination: 'data/x.db' })
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'destination-locked',
    title: 'a database that another program has',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const other = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
      world.atEnd(() => {
        if (other.isOpen) other.close()
      })
      other.exec('begin exclusive')
      const text = await fails(project, 'destination-locked', 'sync')
      expect(text).toMatch(/stop that program \(or wait until it finishes\) and run again/)
      other.close()
      await works(project, 'sync')
    },
  },
  {
    code: 'table-locked',
    title: 'a table that another session has',
    async walk(world) {
      const { postgres } = world
      const { url, schema } = await postgres.newSchema()
      world.atEnd(() => postgres.dropSchema(schema))
      const project = world.project()
      project.shop(ORDERS)
      project.config({ destination: url })
      await works(project, 'sync')
      const other = await postgres.connect(schema, 'report')
      other.on('error', () => {})
      const ended = new Promise<void>((done) => other.on('end', done))
      await other.query('begin; lock table shop_orders in access share mode')
      project.shop(WIDER)
      const text = await fails(project, 'table-locked', 'sync')
      await postgres.execute(/select pg_terminate_backend\(\d+\)/.exec(text)![0])
      await ended
      await works(project, 'sync')
      expect(await postgres.rows(`select count(*)::int from ${schema}.shop_orders where more = 1`)).toEqual([[200]])
    },
  },
  {
    code: 'not-there',
    title: 'a move out of a database without tables',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const other = world.project()
      other.shop('')
      other.config({ destination: join(project.folder, 'empty.db') })
      await works(other, 'sync')
      project.config({ destination: 'empty.db' })
      expect(await fails(project, 'not-there', 'move', 'moved.db')).toContain('empty.db')
      project.config({})
      await works(project, 'move', 'moved.db')
      project.config({ destination: 'moved.db' })
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'destination-moving',
    title: 'a move that was ended in the middle',
    async walk(world) {
      const project = world.project()
      project.shop(
        `table('orders', async function* () { for (let at = 0; at < 200; at++) yield rows(1000, at * 1000) })`,
      )
      await works(project, 'sync')
      const move = project.start(['move', 'moved.db'])
      const ended = once(move, 'exit')
      await until('the move has begun', () => isMoving(join(project.folder, 'moved.db')))
      move.kill('SIGKILL')
      await ended
      project.config({ destination: 'moved.db' })
      const text = await fails(project, 'destination-moving', 'sync')
      expect(text).toContain('run "tidemark move" again')
      project.config({})
      await works(project, 'move', 'moved.db')
      project.config({ destination: 'moved.db' })
      expect(project.count('shop_orders')).toBe(200_000)
      await works(project, 'sync')
    },
  },
]

/** Whether a database says that a move into it goes on. */
function isMoving(file: string): boolean {
  if (!existsSync(file)) return false
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare("select 1 from sqlite_master where name = '_tidemark_moving'").get() !== undefined
  } catch {
    return false
  } finally {
    database.close()
  }
}
