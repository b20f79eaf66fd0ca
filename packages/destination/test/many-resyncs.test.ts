import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Batch } from '@tidemark/core/engine'
import { type CompiledQuery, Kysely } from 'kysely'
import { describe, expect, it } from 'vitest'
import { dialectOf } from '../src/dialects/sqlite/database.ts'
import { sqliteFlavor } from '../src/dialects/sqlite/state-dialect.ts'
import { complete } from '../src/state/completion.ts'
import { migrate } from '../src/state/migrations.ts'
import { recordFact } from '../src/state/state-store.ts'
import type { StateDatabase } from '../src/state/state-types.ts'

/** A state, and how its database looks up what it was asked for. */
async function state() {
  const raw = new DatabaseSync(':memory:')
  // As a destination opens its own.
  raw.exec('pragma legacy_alter_table = on')
  const asked: CompiledQuery[] = []
  const db = new Kysely<StateDatabase>({
    dialect: dialectOf(raw),
    log: ({ query }) => void asked.push(query as CompiledQuery),
  })
  await migrate(db, sqliteFlavor, ':memory:')
  const explained = ({ sql, parameters }: CompiledQuery): string[] =>
    raw
      .prepare(`explain query plan ${sql}`)
      .all(...(parameters as SQLInputValue[]))
      .map(({ detail }) => String(detail))
  /** What is looked up while something is done, statement by statement. */
  const lookups = async (work: () => Promise<unknown>): Promise<string[]> => {
    asked.length = 0
    await work()
    return asked.filter(({ sql }) => /^(?:select|update|delete)/.test(sql)).flatMap(explained)
  }
  return { db, lookups }
}

const step = { run: 1, step: 1, table: 't', partition: '', attempt: 1, beganAt: 9n } as const
const partOf = (kind: 'incremental' | 'resync'): Batch & { completes: object } =>
  ({
    step: { ...step, kind, window: { from: 10n, to: 20n } },
    completes: { cover: { from: 10n, to: 20n }, last: true, status: 'complete', purge: false },
  }) as unknown as Batch & { completes: object }

describe('among thousands of resyncs, partitions and rejects', () => {
  it.each(['incremental', 'resync'] as const)(
    'the commit of a step looks only at what it answers: %s',
    async (kind) => {
      const { db, lookups } = await state()
      const found = await lookups(() =>
        complete(db, partOf(kind), {
          now: 10n,
          replaced: false,
          deletionsUnknown: false,
          deleted: 0,
          lock: sqliteFlavor.lock,
        }),
      )
      expect(found.filter((one) => one.startsWith('SCAN'))).toEqual([])
      const resyncs = found.filter((one) => one.includes('_tidemark_resyncs'))
      expect(resyncs.length).toBeGreaterThan(0)
      for (const one of resyncs)
        expect(one).toContain('_tidemark_resyncs_by_end (name=? AND partition=? AND to_position>?)')
      expect(found.filter((one) => /\bp\b/.test(one))).toEqual([
        expect.stringContaining('_tidemark_partitions_failing (name=?)'),
      ])
    },
  )

  it.each([
    ['a window', { from: 10n, to: 20n }],
    ['an open window', { from: undefined, to: 20n }],
    ['a whole partition', undefined],
  ])('asking for %s again looks for nothing but the same wish', async (_, window) => {
    const { db, lookups } = await state()
    const found = await lookups(() =>
      recordFact(db, 't', { kind: 'resync', partition: '', window, reason: 'stale' }, 10n),
    )
    expect(found).toEqual([
      expect.stringContaining('_tidemark_resyncs_by_end (name=? AND partition=? AND to_position=?)'),
    ])
  })
})
