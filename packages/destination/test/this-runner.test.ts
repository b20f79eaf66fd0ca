import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDestination } from '../src/index.ts'
import { isAlive, thisRunner } from '../src/state/this-runner.ts'
import { folder } from './place.ts'

describe('whether a runner lives', () => {
  const self = thisRunner()

  it.each([
    ['this process', self, true],
    ['a process id that is not there', { ...self, pid: 4_194_303 }, false],
    ['a process id that was used again', { ...self, startedAt: self.startedAt - 60_000_000n }, false],
    ['a process on another host', { ...self, host: 'elsewhere' }, undefined],
    ['a process of another container or boot', { ...self, id: `00000000-${self.id}` }, undefined],
  ])('%s', (_, runner, alive) => {
    expect(isAlive(runner)).toBe(alive)
  })

  it('each run is another runner', () => {
    expect(thisRunner().id).not.toBe(self.id)
  })
})

describe('a destination that is opened without a runner', () => {
  it('is held by this process, and by another runner each time', async () => {
    const url = join(folder(), 'x.db')
    const [first, second] = [await openDestination({ url }), await openDestination({ url })]
    onTestFinished(async () => {
      await Promise.all([first.close(), second.close()])
    })
    expect((await first.lease(['shop_orders'])).refused).toEqual([])
    expect(await second.lease(['shop_orders'])).toMatchObject({
      leases: [],
      refused: [{ table: 'shop_orders', pid: process.pid, host: hostname() }],
    })
  })

  it('frees the tables of a process of this machine that is gone', async () => {
    const url = join(folder(), 'x.db')
    const gone = await openDestination({ url, runner: { ...thisRunner(), pid: 4_194_303 } })
    expect((await gone.lease(['shop_orders'])).refused).toEqual([])
    const next = await openDestination({ url })
    onTestFinished(async () => {
      await Promise.all([gone.close(), next.close()])
    })
    expect((await next.lease(['shop_orders'])).refused).toEqual([])
  })
})
