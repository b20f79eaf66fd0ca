import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const runner = fileURLToPath(new URL('../../apps/runner', import.meta.url))
/** The built command. */
export const MAIN = join(runner, 'dist/main.js')

const SOURCE = `
import { defineSource, hours } from '@tidemark/core'
import { z } from 'zod'
const { tables, partitions, windows } = JSON.parse(process.env.SHAPE)
const END = Date.UTC(2026, 0, 1)
const many = defineSource({ name: 'many' })
const row = z.object({ id: z.int(), at: z.iso.datetime() })
export default many.with(
  Array.from({ length: tables }, (_, n) =>
    many.table({
      name: 't' + n, row, primaryKey: ['id'], cursor: 'at',
      start: new Date(END - windows * 3_600_000).toISOString(),
      end: () => new Date(END).toISOString(),
      ...(windows > 1 ? { window: hours(1) } : {}),
      ...(partitions > 0 ? { partitions: many.partitions(() => Array.from({ length: partitions }, (_, p) => 'p' + p)) } : {}),
      async *read({ from }) { yield [{ id: 1, at: new Date(from ?? END - 1000).toISOString() }] },
    }),
  ),
)
`

/** A project with one source, whose tables, partitions and windows are as many as `SHAPE` in the environment says, as JSON. */
export async function makeProject(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'source-many'), { recursive: true })
  await symlink(join(runner, 'node_modules/@tidemark'), join(modules, '@tidemark'))
  await symlink(join(runner, 'node_modules/zod'), join(modules, 'zod'))
  const dependencies = { 'source-many': '1.0.0' }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const its = { name: 'source-many', version: '1.0.0', type: 'module', tidemark: { source: './index.js' } }
  await writeFile(join(modules, 'source-many/package.json'), JSON.stringify(its))
  await writeFile(join(modules, 'source-many/index.js'), SOURCE)
}
