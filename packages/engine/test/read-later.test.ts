// A version is judged by when it was read, where it can be.
import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { at, instant, openMemory, type Row, rowsIn, run, type Spec, System, sorted } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())

const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const spec: Spec = { minAge: minutes(0), lookback: minutes(2) }
const small = { settings: { batch: { rows: 2, bytes: 1e6 } } }

describe.each([
  ['in one part', {}],
  ['in parts of two rows', small],
])('a live step %s', (_, options) => {
  beforeEach(async () => {
    for (let id = 0; id < 10; id++) system.put(row(id, 900 + id * 10))
    await run({ system, destination, spec, options })
    system.now = 1030
  })

  it('takes what a transaction wrote last that began earlier', async () => {
    // Its row was written, and read, with the stamp of another one that began after it.
    system.put(row(7, 940, 'final'))
    await run({ system, destination, spec, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('takes a deletion that a transaction told last that began earlier', async () => {
    system.remove(7)
    system.deletions.push({ id: 7, when: 940, at: 940 })
    const report = await run({ system, destination, spec, options })
    expect(report.tables[0]?.rows.deleted).toBe(1)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('takes a row that comes back below the stamp of its deletion', async () => {
    system.remove(7)
    system.deletions.push({ id: 7, when: 1010, at: 1010 })
    await run({ system, destination, spec, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    system.deletions = []
    system.put(row(7, 1005, 'again'))
    system.now = 1060
    await run({ system, destination, spec, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('keeps a row that lives again, or has moved on, above an earlier deletion that is told again', async () => {
    system.deletions.push({ id: 7, when: 930, at: 930 }, { id: 3, when: 925, at: 925 })
    system.put(row(7, 990, 'again'))
    // Above what is read now.
    system.put(row(3, 1100, 'later'))
    await run({ system, destination, spec, options })
    expect((await rowsIn(destination)).map(({ id }) => id)).toEqual(
      system
        .all()
        .map(({ id }) => id)
        .sort(),
    )
    system.now = 1200
    await run({ system, destination, spec, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('of two versions that it gives itself takes the greater stamp, whichever comes first', async () => {
    for (const newestFirst of [true, false]) {
      const versions = {
        ...spec,
        async *read({ from, to }: { from: string; to: string }) {
          const inside = (when: number) =>
            at(when) >= BigInt(Date.parse(from)) * 1000n && at(when) < BigInt(Date.parse(to)) * 1000n
          const all = [row(7, 970), row(1, 910), row(2, 920), row(3, 930), row(7, 950, 'older')].filter((one) =>
            inside(one.at),
          )
          for (const one of newestFirst ? all : all.toReversed()) yield [{ ...one, at: instant(one.at) }]
        },
      }
      await run({ system, destination, spec: versions, options })
      expect((await rowsIn(destination)).find(({ id }) => id === 7)).toEqual(row(7, 970))
      system.now += 10
    }
  })
})

it('a step that is tried again takes what is there by then', async () => {
  system.rows.set('', [row(1, 10, 'first'), row(2, 900), row(3, 910), row(4, 920)])
  let pages = 0
  system.beforePage = () => {
    if (pages++ !== 1) return
    system.put(row(1, 5, 'final'))
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  }
  await run({ system, destination, spec, pageSize: 2, options: { settings: { batch: { rows: 1, bytes: 1e6 } } } })
  expect(await rowsIn(destination)).toEqual(sorted(system.all()))
})
