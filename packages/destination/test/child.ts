// A process of its own: `node child.ts <file> <what> <name>`. It says on stdout how far it is.
import { columnsOf, type Runner } from '@tidemark/core/engine'
import { z } from 'zod'
import { openDestination } from '../src/index.ts'

const [, , url = '', what = '', name = 'child'] = process.argv
const runner: Runner = { id: `${name} ${process.pid}`, host: 'test-host', pid: process.pid, startedAt: 1n }
const say = (text: string) => process.stdout.write(`${text}\n`)
const SIZE = 300

const destination = await openDestination({
  url,
  runner,
  leaseMs: what === 'zombie' ? 200 : 60_000,
  isAlive: () => false,
})
if (what !== 'open') await write()
await destination.close()
say('done')

/** Commits part after part, each with rows of its own number, a reject, coverage and a record. */
async function write(): Promise<void> {
  const run = await destination.startRun()
  const isKilled = what === 'crash' || what === 'wide crash'
  const table = isKilled ? 'things' : name
  const note = what === 'wide crash' ? 'x'.repeat(10_000) : ''
  const { leases } = await destination.lease([table])
  const lease = leases[0]!
  const row = z.object({ id: z.int(), part: z.int(), note: z.string() })
  const cursor = { column: 'id', type: 'integer', precision: undefined } as const
  const shape = {
    name: table,
    source: 'test',
    table,
    columns: columnsOf(row),
    declared: ['id', 'part', 'note'],
    primaryKey: ['id'],
    globalKey: false,
    partitioned: false,
    loose: false,
    identity: undefined,
    mode: 'evolve',
  } as const
  const { encoder } = await destination.prepare(lease, { ...shape, cursor })
  if (what === 'zombie') {
    say('ready')
    await new Promise((done) => process.stdin.once('data', done))
    process.stdin.unref()
  }
  const limit = isKilled ? Number.POSITIVE_INFINITY : what === 'zombie' ? 1 : 20
  for (let part = 1; part <= limit; part++) {
    const first = run * 1_000_000 + part * SIZE
    const rows = Array.from(
      { length: SIZE },
      (_, at) => encoder.plain({ id: first + at, part: first, note }, first + at)!,
    )
    const window = { from: BigInt(first), to: BigInt(first + SIZE) }
    const beganAt = await destination.now()
    const step = { run, step: part, table, partition: '', kind: 'backfill', window, attempt: 1, beganAt } as const
    const reject = {
      key: String(first),
      encodedKey: undefined,
      position: first,
      code: 'x',
      message: 'x',
      payload: '{}',
      hash: String(first),
    }
    const counts = { read: SIZE + 1, deduped: 0, trimmed: 0, rejected: 1 }
    const completes = { cover: window, last: true, status: 'complete', purge: false } as const
    try {
      await destination.commit(lease, {
        step,
        number: 1,
        rows,
        deletions: [],
        rejects: [reject],
        counts,
        tombstones: false,
        completes,
        durationMs: 0,
      })
      say(`part ${part}`)
    } catch (error) {
      say(`failed ${(error as { code?: string }).code} ${(error as Error).message}`)
    }
  }
}
