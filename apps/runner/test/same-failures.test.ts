import { expect, it } from 'vitest'
import { sameFailures } from '../src/show/same-failures.ts'
import { testProject } from './test-project.ts'

it('says once what fails for one reason in the same partition of one source', () => {
  const failed = (table: string, more: object = {}) => ({
    ...{ table, source: 's', partition: 'p', failure: { message: 'm', remedy: 'retry' as const, code: undefined } },
    ...more,
  })
  const tables = ['a', 'b', 'c', 'd'].map((name) => failed(name))
  const others = [
    failed('e', { partition: '' }),
    failed('f', { partition: '' }),
    failed('g', { source: 'other' }),
    failed('h', { failure: { message: 'n', remedy: 'retry', code: undefined } }),
  ]
  expect(sameFailures([...tables, ...others]).map(({ thing, table, source }) => [thing, table, source])).toEqual([
    ['table a, partition p; table b, partition p; table c, partition p and 1 more', undefined, 's'],
    ['table e', 'e', 's'],
    ['table f', 'f', 's'],
    ['table g, partition p', 'g', 'other'],
    ['table h, partition p', 'h', 's'],
  ])
})

it('so that one repository that is missing is told once, whatever the number of its tables', async () => {
  const project = testProject()
  project.install(
    'hub',
    `
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const hub = defineSource({ name: 'hub' })
const repositories = hub.partitions(() => ['acme/here', 'acme/gone'])
const table = (n) => hub.table({
  name: 'table_' + n,
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  partitions: repositories,
  async *read({ partition }) {
    if (partition === 'acme/gone') throw new SyncError('there is no repository "acme/gone"; take it out', 'fix-config', { code: 'no-repository' })
    yield [{ id: n }]
  },
})
export default register(hub.with(Array.from({ length: 10 }, (_, n) => table(n))))`,
  )
  const { code, stdout } = await project.run(['sync'])
  expect(code).toBe(3)
  const lines = stdout.split('\n').filter((line) => line.includes('there is no repository'))
  expect(lines).toEqual([
    expect.stringMatching(
      /^failed: table hub_table_\d, partition acme\/gone; table hub_table_\d, partition acme\/gone; table hub_table_\d, partition acme\/gone and 7 more: there is no repository "acme\/gone"; take it out \(fix-config: .*; then: npx tidemark sync hub; see .*\)$/,
    ),
  ])
})
