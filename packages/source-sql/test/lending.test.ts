import { expect, it } from 'vitest'
import { ConnectionPool } from '../src/connection-pool.ts'

const never = (): Promise<never> => new Promise(() => {})

function lending(open: (signal: AbortSignal) => Promise<number> = async () => 1) {
  const ended: number[] = []
  return { ended, lent: new ConnectionPool<number>(1, open, (one) => void ended.push(one)) }
}

it('closing ends what is lent too, once, though its work hangs', async () => {
  const { ended, lent } = lending()
  void lent.use(undefined, never)
  await Promise.resolve()
  await new Promise(setImmediate)
  await lent.close()
  expect(ended).toEqual([1])
})

it('closing stops what is being opened, and ends what comes all the same', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  let stopped = false
  const { ended, lent } = lending((signal) => {
    signal.addEventListener('abort', () => (stopped = true))
    return promise
  })
  const taking = lent.acquire(undefined)
  await lent.close()
  await expect(taking).rejects.toThrow('closed')
  expect(stopped).toBe(true)
  resolve(7)
  await new Promise(setImmediate)
  expect(ended).toEqual([7])
})

it('whoever gives up while one is opened leaves its place to the next', async () => {
  let opened = 0
  const { lent } = lending(async () => (++opened === 1 ? await never() : 2))
  const signal = AbortSignal.timeout(10)
  await expect(lent.acquire(signal)).rejects.toThrow()
  expect(await lent.acquire(undefined)).toBe(2)
})
