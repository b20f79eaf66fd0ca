import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

const files = fileURLToPath(new URL('../../../packages/source-files', import.meta.url))
interface Report {
  readonly tables: readonly {
    readonly name: string
    readonly failures: readonly { readonly failure: { readonly code: string } }[]
  }[]
}

const DUCKDB = '@duckdb/node-api'

/** A project with the source of files as it is published: without DuckDB. */
function withFiles(): TestProject {
  const project = testProject({ '@tidemark/source-files': '1' })
  const link = (name: string): void => {
    const place = join(project.folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(files, 'node_modules', name), place)
  }
  const place = join(project.folder, 'node_modules/@tidemark/source-files')
  for (const one of ['dist', 'package.json']) cpSync(join(files, one), join(place, one), { recursive: true })
  for (const name of ['stream-json', 'stream-chain']) link(name)
  project.write('orders.csv', 'id,total\n1,2.50\n')
  cpSync(join(files, 'test/fixtures/nanoseconds.parquet'), join(project.folder, 'flights.parquet'))
  project.config({
    sources: {
      files: { config: { tables: { orders: { path: 'orders.csv' }, flights: { path: 'flights.parquet' } } } },
    },
  })
  return project
}

it('text files need no DuckDB, and a Parquet file says how to install it', async () => {
  const project = withFiles()
  const before = await project.run(['sync', '--json'])
  const { tables } = JSON.parse(before.stdout) as Report
  const codes = tables.map(({ name, failures }) => [name, ...failures.map(({ failure }) => failure.code)])
  expect(codes).toEqual([['files_orders'], ['files_flights', 'peer']])
  expect(JSON.stringify(tables)).toContain('add it to the project with: pnpm add @duckdb/node-api@1.5.6-r.1')
  expect(before.code).toBe(3)

  const place = join(project.folder, 'node_modules', DUCKDB)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(files, 'node_modules', DUCKDB), place)
  expect((await project.run(['sync', '--json'])).code).toBe(0)
})
