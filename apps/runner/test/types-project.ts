import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from './test-project.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** A source with a column of every type, odd names, partitions, and fields that no schema names. */
export const SOURCE = `
import { bytes, defineSource, numeric, register } from '@tidemark/core'
import { z } from 'zod'
const odd = defineSource({ name: 'odd' })
const every = odd.table({
  name: 'every_type',
  row: z.object({
    id: z.int(), label: z.string(), ratio: z.number(), price: numeric(), is_on: z.boolean(), at: z.iso.datetime(),
    local_at: z.iso.datetime({ local: true }), day: z.iso.date(), tags: z.array(z.string()), raw: bytes(),
    'a "quoted" name': z.string(), 'with-dash': z.int(), 'price as eur': z.int(), class: z.string(), 'ünï': z.string(), '1st': z.int(),
  }),
  primaryKey: ['id'],
  async *read() {
    yield [{
      id: 1, label: 'one', ratio: 0.5, price: '1.50', is_on: true, at: '2026-01-01T00:00:00Z', local_at: '2026-01-01T01:00:00',
      day: '2026-01-01', tags: ['a'], raw: new Uint8Array([1]), 'a "quoted" name': 'q', 'with-dash': 2, 'price as eur': 3, class: 'c', 'ünï': 'u', '1st': 1,
    }]
  },
})
const parted = odd.table({
  name: 'odd table; --',
  row: z.looseObject({ id: z.string() }),
  primaryKey: ['id'],
  partitions: odd.partitions(() => ['p']),
  async *read() { yield [{ id: 'x', more: 1 }] },
})
const dashed = odd.table({ name: 'odd-table', row: z.object({ id: z.string() }), async *read() { yield [{ id: 'y' }] } })
export default register(odd.with([every, parted, dashed]))
`

/** What the compiler says of files of a project; empty where all is well. */
export async function compiled(project: TestProject, files: readonly string[]): Promise<string> {
  const options = {
    target: 'ES2024',
    lib: ['ES2024'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  }
  project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files }))
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project.folder])
    return ''
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error)
  }
}
