import { minutes } from '@tidemark/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { statusOf } from '../src/report/status.ts'
import { destination, fill, ids, row, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run, sorted } from './system.ts'

useMemoryWorld()

describe('revisions', () => {
  const revision = { current: 'r1' }
  const spec = { revision: () => revision.current }
  beforeEach(() => {
    revision.current = 'r1'
  })

  it('an unchanged one is not read, and counts as covered', async () => {
    fill(5)
    await run({ system, destination, spec })
    system.asked = []
    system.now = 1100
    const done = await run({ system, destination, spec })
    expect(system.asked).toEqual([])
    expect(done.exitCode).toBe(0)
    expect(statusOf(await destination.state()).to_timestamp).toBe('1970-01-01T00:18:20Z')
    revision.current = 'r2'
    system.put(row(9, 1150))
    system.now = 1200
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('one that was seen before its rows had settled is not committed until they have', async () => {
    const settled = { ...spec, minAge: minutes(1) }
    system.put(row(1, 980))
    await run({ system, destination, spec: settled })
    expect((await rowsIn(destination)).length).toBe(0)
    system.now = 1100
    await run({ system, destination, spec: settled })
    expect((await rowsIn(destination)).length).toBe(1)
    system.asked = []
    system.now = 1300
    await run({ system, destination, spec: settled })
    expect(system.asked).toEqual([])
  })

  it('stale windows are read again, once, and what is gone from them is marked', async () => {
    fill(20)
    await run({ system, destination, spec })
    system.put(row(50, 55))
    system.remove(7)
    const stale = { revision: () => ({ revision: 'r2', stale: [{ from: instant(50), to: instant(80) }] }) }
    system.asked = []
    system.now = 1100
    await run({ system, destination, spec: stale })
    // And whether what did not come back is there by now where nothing was read.
    expect(system.asked.map((one) => one.from)).toEqual([instant(1000), instant(50), instant(1100)])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    system.asked = []
    await run({ system, destination, spec: { revision: () => 'r2' } })
    expect(system.asked).toEqual([])
  })
})

it('a pass that marked nothing does not commit its revision', async () => {
  fill(5)
  const spec = { cursor: undefined, minAge: undefined, lookback: undefined, revision: () => rev }
  let rev = 'r1'
  await run({ system, destination, spec })
  system.remove(3)
  rev = 'r2'
  const bad = {
    ...spec,
    async *read() {
      yield [...system.all().map((one) => ({ ...one, at: instant(one.at) })), { id: null, at: instant(1), text: 'x' }]
    },
  }
  await run({ system, destination, spec: bad })
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('a changed contract voids the revision: rejected rows of a mended schema, loose', async () => {
  fill(5)
  const base = { cursor: undefined, minAge: undefined, lookback: undefined, revision: () => 'r1' }
  await run({
    system,
    destination,
    spec: { ...base, row: z.object({ id: z.int(), at: z.iso.datetime(), text: z.string().min(2) }) },
  })
  await run({ system, destination, spec: base })
  expect((await rowsIn(destination)).length).toBe(5)
})

it('a revision that comes back after another was half read is asked for as new', async () => {
  fill(20)
  let answer = 'r1'
  // As a source must: without a revision to compare with, everything is stale.
  const revision = ({ previous }: { previous: string | undefined }) => ({
    revision: answer,
    stale:
      previous === undefined
        ? [{ from: instant(0), to: instant(5000) }]
        : previous === answer
          ? []
          : [
              { from: instant(100), to: instant(200) },
              { from: instant(0), to: instant(50) },
            ],
  })
  await run({ system, destination, spec: { revision } })
  const all = system.all()
  system.now = 1100
  system.rows.set(
    '',
    all.filter((one) => one.id !== 15),
  )
  answer = 'r2'
  system.beforePage = (_, __, from) => {
    if (from === 0) throw new Error('broken')
  }
  system.put(row(99, 1050))
  await run({ system, destination, spec: { revision } })
  expect(await ids()).not.toContain(15)
  system.beforePage = () => {}
  system.rows.set('', all)
  answer = 'r1'
  system.now = 1200
  await run({ system, destination, spec: { revision } })
  expect(await ids()).toContain(15)
})

it('a stale window that reaches beyond the coverage leaves no resync for ever', async () => {
  fill(20)
  let n = 0
  const spec = {
    revision: () => ({ revision: `r${n}`, stale: n === 0 ? [] : [{ from: instant(0), to: instant(1_000_000) }] }),
  }
  await run({ system, destination, spec })
  n = 1
  system.now = 1100
  await run({ system, destination, spec })
  const p = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
  expect(p.resyncs).toEqual([])
})
