import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { fails, follows, json, until, type WayOut, works } from './way-out.ts'

const ORDERS = `table('orders', async function* () { yield rows(200) })`
/** Reads as `ORDERS` does, when a while has passed. */
const slowly = (ms: number): string =>
  `table('orders', async function* () { await new Promise((done) => setTimeout(done, ${ms})); yield rows(200) })`

/** What a run says of how it went, and what is installed. */
export const OF_RUNS: readonly WayOut[] = [
  {
    code: 'max-time',
    title: 'a source that does not answer before the time is up',
    async walk(world) {
      const project = world.project()
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => new Promise((done) => setTimeout(done, 4000, '2026-02-01T00:00:00Z')), async *read() { yield [{ id: 1, at: '2026-01-10T00:00:00Z' }] } })`,
      )
      await fails(project, 'max-time', 'sync', '--max-time', '1s')
      // It is seen whether the source answers at all: here it does, only late.
      expect(await works(project, 'check')).toMatch(/shop .*\bok\b/)
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(1)
    },
  },
  {
    code: 'stalled',
    title: 'a source that needs longer for its first rows',
    async walk(world) {
      const project = world.project()
      project.shop(slowly(4000))
      project.config({ stallTimeout: '500ms' })
      await fails(project, 'stalled', 'sync')
      project.config({ stallTimeout: '1m' })
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'no-answer-yet',
    title: 'a source that has not answered for half a minute',
    async walk(world) {
      const project = world.project()
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => process.env.ANSWERS ? '2026-02-01T00:00:00Z' : new Promise((done) => setTimeout(done, 100_000)), async *read() {} })`,
      )
      const runner = project.start(['sync'])
      world.atEnd(() => void runner.kill('SIGKILL'))
      const said = async () => (await project.run('status')).text
      await sleep(30_000)
      await until('the status says that it waits', async () => (await said()).includes('errors.md#no-answer-yet'))
      const text = await said()
      project.env['ANSWERS'] = 'true'
      await follows(project, text, 'check')
    },
  },
  {
    code: 'listen',
    title: 'a port that another program has',
    async walk(world) {
      const taken = createServer()
      taken.listen(0, '127.0.0.1')
      await once(taken, 'listening')
      world.atEnd(() => void taken.close())
      const project = world.project()
      project.shop(ORDERS)
      const { port } = taken.address() as AddressInfo
      let text = await fails(project, 'listen', 'sync', '--every', '1h', '--listen', String(port))
      let runner: ChildProcess
      // Another program may have the next port, too: a user follows what is said again.
      for (let isThere = false; !isThere; ) {
        const other = /such as --listen (\d+)/.exec(text)![1]!
        text = ''
        runner = project.start(['sync', '--every', '1h', '--listen', other], (piece) => {
          text += piece
        })
        world.atEnd(() => void runner.kill('SIGKILL'))
        await until('the other port answers, or is taken', async () => {
          isThere = await fetch(`http://127.0.0.1:${other}/healthz`, { signal: AbortSignal.timeout(10_000) }).then(
            ({ ok }) => ok,
            () => false,
          )
          return isThere || /such as --listen \d+/.test(text)
        })
      }
      // It answers before its first sync has ended.
      await until('its rows arrive', async () => {
        try {
          return project.count('shop_orders') === 200
        } catch {
          return false
        }
      })
      const ended = once(runner!, 'exit')
      runner!.kill('SIGTERM')
      await ended
    },
  },
  {
    code: 'source-package',
    title: 'a package without the file that it names',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      rmSync(join(project.folder, 'node_modules/source-shop/index.js'))
      const text = await fails(project, 'source-package', 'sync')
      expect(text).toContain('install it again')
      project.shop(ORDERS)
      await works(project, 'sync')
      expect(project.count('shop_orders')).toBe(200)
    },
  },
  {
    code: 'rate-limited',
    title: 'an API that has answered enough for an hour',
    async walk(world) {
      let isOver = false
      const baseUrl = await world.serve((response) => {
        if (isOver) json(response, [{ id: 1 }])
        else response.writeHead(429, { 'retry-after': '3600' }).end()
      })
      const project = world.project('rest')
      const tables = { items: { path: '/items', primaryKey: ['id'] } }
      project.config({ perSource: 1, sources: { rest: { config: { baseUrl, tables } } } })
      await fails(project, 'rate-limited', 'sync')
      isOver = true
      await works(project, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'schema',
    title: 'a column that is new in a table whose shape may not change, read again',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      project.config({ sources: { shop: { schema: 'freeze' } } })
      await works(project, 'sync')
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), text: z.string(), more: z.int() }), primaryKey: ['id'], async *read() { yield rows(200).map((one) => ({ ...one, more: 1 })) } })`,
      )
      await follows(project, await fails(project, 'schema', 'sync'), 'resync')
      expect(project.count('shop_orders', 'more = 1')).toBe(200)
    },
  },
  {
    code: 'schema',
    title: 'the same, and the shape may change',
    async walk(world) {
      const project = world.project()
      project.shop(ORDERS)
      project.config({ sources: { shop: { schema: 'freeze' } } })
      await works(project, 'sync')
      project.shop(
        `shop.table({ name: 'orders', row: z.object({ id: z.int(), text: z.string(), more: z.int() }), primaryKey: ['id'], async *read() { yield rows(200).map((one) => ({ ...one, more: 1 })) } })`,
      )
      const text = await fails(project, 'schema', 'sync')
      const [, key] = /set its "(schema)" mode/.exec(text)!
      project.config({ sources: { shop: { [key!]: 'evolve' } } })
      await works(project, 'sync')
      expect(project.count('shop_orders', 'more = 1')).toBe(200)
    },
  },
]
