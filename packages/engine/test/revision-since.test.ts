import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { instant, openMemory, rowsIn, run, type Spec, System, shape, sorted } from './system.ts'

// A source that knows nothing to compare with calls nothing stale. What it changed since rows were read is still found.
let system: System
let destination: Destination
let changes: { readonly revision: number; readonly at: number }[]
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
  changes = []
  for (let id = 0; id < 40; id++) system.put({ id, at: 100 + id * 20, text: 'a' })
})
afterEach(() => destination.close())

/** Changes a row where it lies, or takes it away. */
function change(id: number, text?: string): void {
  const before = system.all().find((row) => row.id === id)!
  changes.push({ revision: changes.length + 1, at: before.at })
  if (text === undefined) system.remove(id)
  else system.put({ ...before, text })
}

const revision = ({ previous }: { readonly previous?: string | undefined }) => {
  const now = `r${changes.length}`
  if (previous === undefined) return now
  const since = changes.filter((one) => one.revision > Number(previous.slice(1)))
  return { revision: now, stale: since.map(({ at }) => ({ from: instant(at), to: instant(at + 1) })) }
}
const spec: Spec = { start: instant(0), window: minutes(3), lookback: minutes(1), revision }
const isLevel = async () => expect(await rowsIn(destination)).toEqual(sorted(system.all()))

it('where the shape of its rows changes', async () => {
  await run({ system, destination, spec })
  await isLevel()
  change(3, 'b')
  change(9)
  const wider = { ...spec, row: shape.extend({ more: z.string().optional() }) }
  await run({ system, destination, spec: wider })
  await isLevel()
  change(4, 'c')
  await run({ system, destination, spec: wider })
  await isLevel()
})

it.each([4, 8, 12])('where the first pass broke after %i pages', async (pages) => {
  let read = 0
  system.beforePage = () => {
    if (read++ >= pages) throw new Error('broken')
  }
  await run({ system, destination, spec, pageSize: 3 })
  const found = await rowsIn(destination)
  expect(found.length).toBeGreaterThan(0)
  for (const { id } of found.slice(0, 2)) change(id, 'b')
  change(found.at(-1)!.id)
  // It breaks once more, after other changes, and once the source has nothing new to say.
  read = 0
  await run({ system, destination, spec, pageSize: 3 })
  change(found[0]!.id, 'c')
  system.beforePage = () => {}
  await run({ system, destination, spec, pageSize: 3 })
  await isLevel()
  await run({ system, destination, spec, pageSize: 3 })
  await isLevel()
})

it('where it is back at a revision after another one was half read', async () => {
  let answer: string | undefined
  const told = ({ previous }: { readonly previous?: string | undefined }) => {
    const now = answer ?? 'r0'
    if (previous === undefined || previous === now) return now
    return { revision: now, stale: [{ from: instant(0), to: instant(1000) }] }
  }
  const own = { ...spec, revision: told }
  await run({ system, destination, spec: own })
  answer = 'r1'
  change(35, 'b')
  let read = 0
  system.beforePage = () => {
    if (read++ >= 6) throw new Error('broken')
  }
  await run({ system, destination, spec: own, pageSize: 3 })
  // The newest window is read first, so what broke is another one.
  expect((await rowsIn(destination)).find(({ id }) => id === 35)?.text).toBe('b')
  system.beforePage = () => {}
  answer = 'r0'
  change(35, 'a')
  await run({ system, destination, spec: own })
  await isLevel()
})
