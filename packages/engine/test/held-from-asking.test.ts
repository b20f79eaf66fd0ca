import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { expect, it, onTestFinished } from 'vitest'
import { retryRejects } from '../src/commands/rejects.ts'
import { resync } from '../src/commands/resync.ts'
import { verify } from '../src/commands/verify.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { at, run, System, sourceOf } from './system.ts'

const TABLE = 'memory_events'
const CALLS: readonly (keyof Destination)[] = [
  'state',
  'now',
  'startRun',
  'lease',
  'prepare',
  'commit',
  'record',
  'recordRun',
  'reset',
  'release',
]

/** A synced table, and a second runner that wants it at every call that the first one makes. */
async function world() {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-held-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const open = async (id: string): Promise<Destination> => {
    const runner = { id, host: 'here', pid: id === 'one' ? 1 : 2, startedAt: 1n }
    const destination = await openDestination({ url: join(folder, 'x.db'), runner })
    onTestFinished(() => destination.close())
    return destination
  }
  const [destination, other] = [await open('one'), await open('two')]
  const system = new System()
  for (let id = 0; id < 20; id++) system.put({ id, at: id * 10, text: `n${id}` })
  expect((await run({ system, destination })).exitCode).toBe(0)
  let isAsked = false
  let tries = 0
  const taken: string[] = []
  const watched = new Proxy(destination, {
    get(target, name: keyof Destination) {
      const member = target[name] as unknown
      if (!CALLS.includes(name)) return typeof member === 'function' ? member.bind(target) : member
      return async (...values: unknown[]) => {
        if (isAsked && name !== 'release') {
          tries++
          const { leases } = await other.lease([TABLE])
          if (leases.length > 0) taken.push(name)
          await other.release(leases)
        }
        const result = await (member as (...all: unknown[]) => unknown).apply(target, values)
        if (name === 'record' || name === 'reset') isAsked = true
        if (name === 'release') isAsked = false
        return result
      }
    },
  })
  const options: RunOptions = {
    sources: [{ name: 'memory', source: sourceOf(system), config: {}, options: {} }],
    destination: watched,
    clock: fixedClock(at(system.now)),
  }
  return { options, system, destination, taken, tries: () => tries }
}

it.each([
  ['resync', {}],
  ['resync --full', { full: true }],
])('%s holds its table from asking for it to having read it', async (_, wanted) => {
  const { options, taken, tries } = await world()
  expect((await resync(options, { table: TABLE, ...wanted })).exitCode).toBe(0)
  expect(tries()).toBeGreaterThan(3)
  expect(taken).toEqual([])
})

it('so does a retry of rejected rows', async () => {
  const { options, taken, tries } = await world()
  const reject = { id: 1, table: TABLE, partition: '', position: 10_000_000n, window: undefined }
  expect((await retryRejects(options, [reject])).exitCode).toBe(0)
  expect(tries()).toBeGreaterThan(3)
  expect(taken).toEqual([])
})

it('so does verify --repair', async () => {
  const { options, system, taken, tries } = await world()
  system.remove(3)
  const report = await verify(options, { table: TABLE, repair: true })
  expect(report.repair?.remaining).toBe(0)
  expect(tries()).toBeGreaterThan(3)
  expect(taken).toEqual([])
})
