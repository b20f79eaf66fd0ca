import { expect, it } from 'vitest'
import { testProject } from '../test-project.ts'
import { rawRequest } from './raw-request.ts'
import { startUi } from './start-ui.ts'

const MB = 2 ** 20
const PARTITIONS = 300

/** Rows of a megabyte, rejected rows as wide with keys of half a megabyte, and partitions that fail with long errors. */
const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'wide' })
const text = (id, length) => id + 'x'.repeat(length)
const columns = Object.fromEntries(Array.from({ length: 400 }, (_, n) => ['c' + n, z.string()]))
export default register(source.with([
  source.table({
    name: 'rows',
    row: z.object({ id: z.int(), v: z.string(), j: z.json() }),
    primaryKey: ['id'],
    async *read() {
      for (let id = 0; id < 120; id++) yield [{ id, v: text(id, ${MB}), j: { a: text(id, 1000) } }]
    },
  }),
  source.table({
    name: 'broad',
    row: z.object({ id: z.int(), ...columns }),
    primaryKey: ['id'],
    async *read() {
      for (let id = 0; id < 60; id++)
        yield [{ id, ...Object.fromEntries(Object.keys(columns).map((name) => [name, text(id, 400)])) }]
    },
  }),
  source.table({
    name: 'bad',
    row: z.object({ id: z.string(), v: z.int() }),
    primaryKey: ['id'],
    async *read() {
      for (let id = 0; id < 80; id++) yield [{ id: text(id, ${MB / 2}), v: text(id, ${MB}) }, { id: 'g' + id, v: id }, { id: 'h' + id, v: id }]
    },
  }),
  source.table({
    name: 'parts',
    row: z.object({ id: z.int() }),
    primaryKey: ['id'],
    partitions: source.partitions(() => Array.from({ length: ${PARTITIONS} }, (_, n) => n + 'p'.repeat(900))),
    async *read({ partition }) {
      throw new Error(partition + ': ' + text('', ${MB}))
    },
  }),
]))`

it('answers of the dashboard are bounded in bytes, whatever the rows, rejected rows and errors are', async () => {
  const project = testProject()
  project.install('wide', SOURCE)
  await project.run(['sync'])
  const { port } = await startUi(project, [], { NODE_OPTIONS: '--max-old-space-size=96' })
  const bytes: Record<string, number> = {}
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const { status, body } = await rawRequest({ port, path: `/api/${path}`, headers: { host: `127.0.0.1:${port}` } })
    expect([path, status]).toEqual([path, 200])
    bytes[path] = Buffer.byteLength(body)
    return JSON.parse(body) as Record<string, unknown>
  }
  const all = ['rows', 'broad', 'bad', 'parts'].map((name) => `wide_${name}`)
  expect((await get('overview'))['tables']).toHaveLength(4)
  for (const name of all)
    for (const path of ['table', 'partitions', 'rejects', 'rows']) await get(`${path}?name=${name}`)
  const { rows } = (await get('rows?name=wide_rows&again')) as { rows: readonly (readonly unknown[])[] }
  expect(rows).toHaveLength(50)
  expect(rows[0]![1]).toMatch(/^\d+x{297,299}…$/)
  expect((await get('rejects?name=wide_bad&again'))['rejects']).toHaveLength(50)
  expect((await get('partitions?name=wide_parts&again'))['partitions']).toHaveLength(50)
  await get('runs')
  await get('run?id=1')
  const tooLarge = Object.entries(bytes).filter(([, length]) => length > 2 * MB)
  expect(tooLarge).toEqual([])
})
