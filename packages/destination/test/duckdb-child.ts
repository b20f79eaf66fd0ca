// Changes a table, writes into it, and dies before DuckDB has put its log into the file. `node duckdb-child.ts <path> <JSON>`
import { DuckDBInstance } from '@duckdb/node-api'
import type { Batch, ColumnType, Shape } from '@tidemark/core/engine'
import { openDestination } from '../src/index.ts'

const [path = '', words = '[]'] = process.argv.slice(2)
const { by, to } = JSON.parse(words) as { readonly by: readonly string[]; readonly to: readonly string[][] }

const shapeOf = (more: readonly string[][]): Shape => {
  const columns = [['id', 'integer'], ['at', 'integer'], ...more].map(([name = '', type = '', fill]) => ({
    name,
    type: type as ColumnType,
    ...(fill === undefined ? {} : { fill }),
  }))
  return {
    name: 't',
    source: 's',
    table: 't',
    columns: columns as unknown as Shape['columns'],
    primaryKey: ['id'],
    globalKey: false,
    partitioned: false,
    cursor: { column: 'at', type: 'integer', precision: undefined },
    loose: false,
    declared: columns.map(({ name }) => name),
    mode: 'evolve',
    identity: undefined,
  }
}

const destination = await openDestination({
  url: path,
  runner: { id: 'one', host: 'here', pid: process.pid, startedAt: 1n },
})
const run = await destination.startRun()
const [lease] = (await destination.lease(['t'])).leases
const write = async (step: number, rows: Batch['rows']): Promise<void> => {
  await destination.commit(lease!, {
    step: { run, step, partition: '', kind: 'incremental', beganAt: 1n, window: undefined },
    number: 1,
    rows,
    deletions: [],
    rejects: [],
    counts: { read: rows.length, deduped: 0, trimmed: 0, rejected: 0 },
    durationMs: 1,
    completes: undefined,
    tombstones: false,
  } as unknown as Batch)
}
await destination.prepare(lease!, shapeOf([['note', 'double']]))
await write(1, [
  [1, 1, 1.5, 1],
  [2, 1, 2.5, 1],
])
const instance = await DuckDBInstance.fromCache(path, {
  enable_external_access: 'false',
  allow_community_extensions: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
})
const connection = await instance.connect()
for (const statement of by) await connection.run(statement)
connection.closeSync()
instance.closeSync()
await destination.prepare(lease!, shapeOf(to))
await write(2, [[1, 5, to[0]?.[1] === 'text' ? '9.5' : 9.5, ...to.slice(1).map(() => 'e'), 5]])
process.kill(process.pid, 'SIGKILL')
