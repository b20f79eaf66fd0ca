import { expect, it } from 'vitest'
import { Lots } from '../src/lots.ts'

it('what comes while one lot is at work is the next one', async () => {
  const done: string[][] = []
  const lots = new Lots<string>(async (take) => {
    await Promise.resolve()
    const lot = [...take()]
    await new Promise((resolve) => setTimeout(resolve, 5))
    done.push(lot)
  })
  const first = lots.add(['a'])
  await new Promise((resolve) => setTimeout(resolve, 1))
  await Promise.all([first, lots.add(['b', 'c']), lots.add(['d'])])
  expect(done).toEqual([['a'], ['b', 'c', 'd']])
})

it('a lot that fails, before or after it was taken, fails for its own alone', async () => {
  const asked: string[][] = []
  let failing: 'before' | 'after' | undefined
  const lots = new Lots<string>(async (take) => {
    if (failing === 'before') throw new Error('no connection')
    asked.push([...take()])
    if (failing === 'after') throw new Error('no disk')
  })
  failing = 'before'
  await expect(lots.add(['a'])).rejects.toThrow('no connection')
  failing = 'after'
  await expect(lots.add(['b'])).rejects.toThrow('no disk')
  failing = undefined
  await lots.add(['c'])
  expect(asked).toEqual([['b'], ['c']])
})

it('a lot that is full takes no more', async () => {
  const done: number[] = []
  const lots = new Lots<number>(async (take) => {
    await Promise.resolve()
    done.push(take().length)
  }, 3)
  await Promise.all(Array.from({ length: 8 }, (_, at) => lots.add([at])))
  expect(done).toEqual([3, 3, 2])
})
