import { days, defineSource, deleted, type Source } from '@tidemark/core'
import { z } from 'zod'

export const MB = 1 << 20
/** Texts that are in the heap, each of its own. */
export const wide = (id: number, length = MB): string => `${id} ${'x'.repeat(length)}`
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString()

const source = defineSource({ name: 'wide' })
const text = z.object({ id: z.int(), at: z.iso.datetime(), v: z.string() })
const timed = { cursor: 'at', start: at(0), end: () => at(9e5), window: days(99) } as const

/** Sources whose rows are small and then are not. By what is wide in them. */
export const WIDE_SOURCES: Readonly<Record<string, Source>> = {
  rows: of({
    ...timed,
    row: text,
    ordered: 'ascending',
    async *read() {
      yield Array.from({ length: 3000 }, (_, id) => ({ id, at: at(id), v: 'a' }))
      for (let id = 3000; id < 3150; id += 5)
        yield Array.from({ length: 5 }, (_, k) => ({ id: id + k, at: at(id + k), v: wide(id + k) }))
    },
  }),
  whole: of({
    row: text,
    async *read() {
      yield Array.from({ length: 3000 }, (_, id) => ({ id, at: at(id), v: 'a' }))
      for (let id = 3000; id < 3150; id++) yield [{ id, at: at(id), v: wide(id) }]
    },
  }),
  many: of({
    row: text,
    async *read() {
      yield Array.from({ length: 3000 }, (_, id) => ({ id, at: at(id), v: 'a' }))
      for (let id = 3000; id < 3400; id++) yield [{ id, at: at(id), v: wide(id) }]
    },
  }),
  json: of({
    row: z.object({ id: z.int(), v: z.json() }),
    async *read() {
      for (let id = 0; id < 20; id++) yield [{ id, v: { a: wide(id, 8 * MB) } }]
    },
  }),
  // All keys are known before their wide versions come.
  versions: of({
    ...timed,
    row: text,
    async *read() {
      for (let id = 0; id < 150; id++) yield [{ id, at: at(0), v: 'a' }]
      for (let id = 0; id < 150; id++) yield [{ id, at: at(1), v: wide(id) }]
    },
  }),
  rejected: of({
    row: text,
    async *read() {
      for (let id = 0; id < 150; id++) yield [{ id, at: at(id), v: [wide(id)] as never }]
    },
  }),
  // Each value has a message of its own.
  reasons: of({
    row: z.object({
      id: z.int(),
      v: z.string().refine(() => false, { error: ({ input }) => `no ${String(input).slice(0, 3)}` }),
    }),
    async *read() {
      for (let id = 100; id < 250; id++) yield [{ id, v: wide(id) }]
    },
  }),
  keys: of({
    row: z.object({ id: z.string(), v: z.string() }),
    async *read() {
      for (let id = 0; id < 150; id++) yield [{ id: wide(id, MB / 2), v: 1 as never }]
    },
  }),
  deletions: of({
    ...timed,
    row: z.object({ id: z.string(), at: z.iso.datetime(), v: z.string() }),
    async *read() {
      yield [{ id: 'a', at: at(0), v: 'a' }]
      for (let id = 0; id < 1500; id++) yield deleted([{ id: wide(id, MB / 10) }])
    },
  }),
  error: of({
    row: text,
    async *read() {
      throw new Error(`what came was ${wide(1, 16 * MB)}`)
    },
  }),
}

function of(table: Omit<Parameters<typeof source.table>[0], 'name' | 'primaryKey'>): Source {
  return source.with([source.table({ ...table, name: 'rows', primaryKey: ['id'] } as never)])
}
