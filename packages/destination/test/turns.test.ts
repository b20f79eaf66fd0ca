import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folder, open, prepare, things } from './place.ts'

it('while SQLite writes a large batch, the process does what else it has to after each thousand rows', async () => {
  const { write } = await prepare(await open(join(folder(), 'x.db')))
  // What a statement costs the first time is no part of this.
  await write(things(1))
  const turns = await turnsDuring(() => write(things(10_000)))
  expect(turns).toBeGreaterThanOrEqual(9)
})

/** How often the process could do something else while some work was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let next: NodeJS.Immediate
  const turn = (): void => {
    turns++
    next = setImmediate(turn)
  }
  next = setImmediate(turn)
  try {
    await work()
  } finally {
    clearImmediate(next)
  }
  return turns
}
