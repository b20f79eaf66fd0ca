import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { fails, follows, quotedIn, type WayOut, works } from './way-out.ts'

const OLD_STATE = new URL('../../packages/testkit/test/released/state-1.sqlite.sql', import.meta.url)
const ORDERS = `table('orders', async function* () { yield rows(200) })`

/** What the command line says. */
export const OF_VERBS: readonly WayOut[] = [
  {
    code: 'no-database',
    title: 'a query before the first sync',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await follows(project, await fails(project, 'no-database', 'query', 'select 1'), 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'usage',
    title: 'a flag that does not exist',
    async walk(world) {
      const text = await fails(world.project(), 'usage', 'sync', '--evry', '5m')
      const [, flag] = /Did you mean (--\w+)\?/.exec(text)!
      const [help] = /tidemark --help/.exec(text)!
      const project = world.project()
      expect((await project.sh(`${help.replace(' --help', ' sync --help')}`)).text).toContain(flag)
      expect((await project.sh(help)).code).toBe(0)
    },
  },
  {
    code: 'usage',
    title: 'a range of a name that selects two tables, and what the plan hands out instead',
    async walk(world) {
      const project = world.project()
      const events = (name: string): string =>
        `shop.table({ name: '${name}', row, primaryKey: ['id'], cursor: 'id', window: 10, start: 0, end: () => 40, minAge: 0, lookback: 0, async *read({ from, to }) { yield rows(to - from, from) } })`
      project.shop(`${events('events')}, ${events('visits')}`)
      const text = await fails(project, 'usage', 'sync', 'shop', '--from', '10', '--to', '20')
      const [, name] = /selects 2: (\w+), shop_visits; name one of them/.exec(text)!
      await works(project, 'sync', name!, '--from', '10', '--to', '20')
      expect(project.count('shop_events')).toBe(10)
      const { tasks } = JSON.parse(await works(project, 'plan', '--json'))
      expect(tasks).toHaveLength(7)
      for (const { command } of tasks) expect(await project.sh(command)).toMatchObject({ code: 0 })
      expect([project.count('shop_events'), project.count('shop_visits')]).toEqual([40, 40])
    },
  },
  {
    code: 'config',
    title: 'a variable that is not set',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      project.config({ destination: '$' + '{WHERE}' })
      const text = await fails(project, 'config', 'sync')
      const [, name] = /environment variable (\w+) is not set; set it, or write it into \.env/.exec(text)!
      project.write('.env', `${name}=data/here.db\n`)
      await works(project, 'sync')
    },
  },
  {
    code: 'project',
    title: 'a folder without a package.json',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      const manifest = join(project.folder, 'package.json')
      rmSync(manifest)
      const text = await fails(project, 'project', 'sync')
      expect(text).toContain('npm init')
      expect((await project.sh('npm init --yes')).code).toBe(0)
      await works(project, 'tables')
    },
  },
  {
    code: 'not-confirmed',
    title: 'a verb that takes rows away where nobody can answer',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const text = await fails(project, 'not-confirmed', 'resync', 'shop_orders', '--full')
      await works(project, 'resync', 'shop_orders', '--full', /--yes/.exec(text)![0])
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'unknown-table',
    title: 'a misspelt table',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(
        project,
        'sync',
        quotedIn(await fails(project, 'unknown-table', 'sync', 'shop_oders'), 'did you mean'),
      )
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'unknown-reject',
    title: 'a number of a rejected row that does not exist',
    async walk(world) {
      const project = world.project()
      project.shop(`table('orders', async function* () { yield [...rows(2), { id: 3, text: 4 }] })`)
      await works(project, 'sync')
      const listed = await follows(project, await fails(project, 'unknown-reject', 'rejects', 'show', '77'), 'rejects')
      const [, number] = /^ *(\d+) /m.exec(listed)!
      await works(project, 'rejects', 'show', number!)
    },
  },
  {
    code: 'unknown-run',
    title: 'a number of a run that does not exist',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const listed = await follows(project, await fails(project, 'unknown-run', 'runs', '77'), 'runs')
      const [, number] = /^ *(\d+) /m.exec(listed)!
      await works(project, 'runs', number!)
    },
  },
  {
    code: 'query',
    title: 'a query that takes longer than it may',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const slow =
        'with recursive c(n) as (select 1 union all select n + 1 from c where n < 30000000) select count(*) from c'
      const text = await fails(project, 'query', 'query', slow, '--max-time', '1s')
      const [, flag, time] = /(--max-time) (\d+\w)/.exec(text.split('give it more time')[1]!)!
      await works(project, 'query', slow, flag!, time!)
    },
  },
  {
    code: 'state-document',
    title: 'a document that is not of a state',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      project.write('wrong.json', '{}')
      const text = await fails(project, 'state-document', 'state', 'import', 'wrong.json')
      const [command] = /tidemark state export [^\s"]+/.exec(text.split('export it with')[1]!)!
      const said = await project.sh(command)
      expect(said.code, `${command}: ${said.text}`).toBe(0)
      await works(project, 'state', 'import', command.split(' ').at(-1)!, '--yes')
    },
  },
  {
    code: 'destination-missing',
    title: 'a database that was taken away',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      writeFileSync(join(project.folder, 'empty.db'), '')
      project.config({ destination: 'empty.db' })
      const said = await project.run('query', 'select 1')
      await follows(project, said.text, 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'destination-older',
    title: 'a state that an old version wrote',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      const database = new DatabaseSync(project.write('data/tidemark.db', ''))
      database.exec(readFileSync(OLD_STATE, 'utf8'))
      database.close()
      await follows(project, await fails(project, 'destination-older', 'status'), 'sync')
      expect(project.count('shop_orders')).toBe(200)
      await works(project, 'status')
    },
  },
  {
    code: 'table-changed',
    title: 'a table that lost a column by hand',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      await works(project, 'sync')
      const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
      database.exec('alter table shop_orders drop column text')
      database.close()
      await follows(project, await fails(project, 'table-changed', 'sync'), 'resync')
      expect(project.count('shop_orders', "text = 'a'")).toBe(200)
    },
  },
]
