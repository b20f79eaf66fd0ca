import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { destination, first, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run } from './system.ts'

useMemoryWorld()

describe('rejects', () => {
  const page = (rows: unknown[]) => ({
    async *read() {
      yield rows
    },
  })
  const good = (count: number) => Array.from({ length: count }, (_, id) => ({ id, at: instant(id), text: 'a' }))

  it('one bad row in many is set aside, the others land, and all is counted', async () => {
    const done = await run({ system, destination, spec: page([...good(999), { id: 999, at: instant(5), text: 7 }]) })
    expect(done.exitCode).toBe(0)
    expect(first(done.tables).rows).toMatchObject({ read: 1000, written: 999, rejected: 1 })
    const { rows } = await destination.query('select code, message, payload from _tidemark_rejects')
    expect(rows.length).toBe(1)
    expect(String(first(rows)[1])).toMatch(/text/)
  })

  it('past the limit the window is not covered, earlier parts stay, and the exit code says so', async () => {
    const bad = Array.from({ length: 10 }, (_, id) => ({ id: 500 + id, at: instant(5), text: 7 }))
    const options = { settings: { batch: { rows: 50, bytes: 1e6 } } }
    const done = await run({ system, destination, spec: page([...good(200), ...bad]), options })
    expect(done.exitCode).toBe(4)
    expect((await rowsIn(destination)).length).toBe(200)
    const state = await destination.state()
    expect(state.tables.get('memory_events')?.partitions.get('')?.covered).toEqual([])
    const healed = await run({ system, destination, spec: page(good(210)), options })
    expect(healed.exitCode).toBe(0)
    expect((await destination.query('select * from _tidemark_rejects')).rows).toEqual([])
  })

  it.each([
    ['null', [null]],
    ['a number', [7]],
    ['a row without its cursor', [{ id: 1, text: 'a' }]],
    ['a cursor that is none', [{ id: 1, at: 'yesterday', text: 'a' }]],
  ])('%s is a reject, not the end', async (_, rows) => {
    const done = await run({ system, destination, spec: page([...good(3), ...rows]) })
    expect(first(done.tables).rows).toMatchObject({ written: 3, rejected: 1 })
  })

  it.each([
    ['an object', { rows: [] }],
    ['a text', 'rows'],
    ['nothing', undefined],
  ])('a page that is %s is the bug of the source', async (_, what) => {
    const done = await run({
      system,
      destination,
      spec: {
        async *read() {
          yield what
        },
      },
    })
    expect(first(first(done.tables).failures).failure).toMatchObject({ remedy: 'fix-source' })
  })
})

it('a column left out of a loose table is not in _extra; nor in rejects', async () => {
  const spec = {
    row: z.looseObject({ id: z.int(), at: z.iso.datetime(), text: z.string(), email: z.string() }),
    async *read() {
      yield [
        { id: 1, at: instant(5), text: 'a', email: 'secret@example.org', more: 1 },
        { id: 2, at: instant(6), text: 7, email: 'other@example.org' },
      ]
    },
  }
  await run({ system, destination, spec, use: { options: { tables: { events: { columns: { email: false } } } } } })
  const rows = await destination.query('select * from memory_events')
  const rejects = await destination.query('select payload from _tidemark_rejects')
  expect.soft(JSON.stringify(rows.rows, (_, v) => (typeof v === 'bigint' ? String(v) : v))).not.toContain('secret@')
  expect.soft(JSON.stringify(rejects.rows)).not.toContain('other@')
})

it('one poison row whose refinement throws does not stop the table', async () => {
  const spec = {
    row: z
      .object({ id: z.int(), at: z.iso.datetime(), text: z.string() })
      .refine((v) => (JSON.parse(v.text) as object) !== null),
    async *read() {
      yield [
        { id: 1, at: instant(5), text: '1' },
        { id: 2, at: instant(6), text: '{' },
        { id: 3, at: instant(7), text: '2' },
      ]
    },
  }
  await run({ system, destination, spec })
})

it('a hostile row: getters, proxies, cyclic rejects', async () => {
  const cyc: Record<string, unknown> = { id: 4, at: instant(8) }
  cyc['text'] = cyc
  const spec = {
    async *read() {
      yield [
        { id: 1, at: instant(5), text: 'a' },
        cyc,
        Object.assign(Object.create(null), { id: 6, at: instant(9), text: 'n' }),
        {
          id: 5,
          at: instant(9),
          get text(): string {
            throw new Error('getter')
          },
        },
      ]
    },
  }
  await run({ system, destination, spec })
})

it('reject limit, ascending: parts before the limit is reached are not covered', async () => {
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from?: string }) {
      const low = from === undefined ? -1 : Date.parse(from) / 1000
      for (let p = 0; p < 40; p++)
        yield Array.from({ length: 10 }, (_, i) => p * 10 + i)
          .filter((n) => n >= low)
          .map((n) => ({ id: n, at: instant(n), text: n % 2 ? 7 : 'a'.repeat(1000) }))
    },
  }
  await run({ system, destination, spec, options: { settings: { batch: { rows: 50_000, bytes: 16_000 } } } })
  expect((await destination.state()).tables.get('memory_events')?.partitions.get('')?.covered).toEqual([])
})
