import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { sync, verify } from '@tidemark/engine'
import { expect, it } from 'vitest'
import sql from '../src/index.ts'
import { postgres, temporaryFolder } from './harness.ts'

it.each(['Postgres', 'SQLite'])('numbers in JSON that no double holds match in %s', async (system) => {
  const world = await postgres()
  await world.run(`CREATE TABLE t (id int PRIMARY KEY, b jsonb, j json);
    INSERT INTO t VALUES (1, '{"a": 1e400, "b": 1.50}', '[1e400, -1.5E+309, 1E2, 1.0, 12345678901234567890, {"b":1,"a":2}]'), (2, 'null', '"x"')`)
  const url = system === 'Postgres' ? (await postgres()).url : join(temporaryFolder(), 'tidemark.db')
  const source = sql as unknown as Source
  const runner = { id: `test-${performance.now()}`, host: 'test', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  try {
    const options = {
      sources: [{ name: 'crm', source, config: { url: world.url }, options: {} }],
      destination,
      log: { debug() {}, info() {}, warn() {} },
    } as Parameters<typeof sync>[0]
    expect((await sync(options)).exitCode).toBe(0)
    expect(await verify(options, { table: 'crm_t' })).toMatchObject({ different: 0, missing: 0, extra: 0, exitCode: 0 })
    // They are no infinity, which would be the same as every other.
    await world.run(`UPDATE t SET b = '{"a": 2e400, "b": 1.50}' WHERE id = 1`)
    expect(await verify(options, { table: 'crm_t' })).toMatchObject({ different: 1, missing: 0, extra: 0 })
  } finally {
    await destination.close()
  }
})
