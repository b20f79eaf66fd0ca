import { defineSource, type Source } from '@tidemark/core'
import { plan, sync } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { runAlone } from '../src/alone/alone-run.ts'
import { testAlone } from '../src/index.ts'

const row = z.object({ id: z.int(), at: z.iso.datetime() })

/** A source with every function of the contract; `read` is as the test says. */
function sourceOf(read: () => Promise<void> = async () => {}): Source {
  const source = defineSource({
    name: 'full',
    config: z.object({}),
    connect: () => ({ close: () => {} }),
    identity: () => 'one',
  })
  const table = source.table({
    name: 'rows',
    row,
    primaryKey: ['id'],
    cursor: 'at',
    partitions: source.partitions(async () => ['a', 'b']),
    start: () => '2026-01-01T00:00:00Z',
    clock: () => new Date().toISOString(),
    revision: () => undefined,
    generation: () => 'first',
    countUnread: () => undefined,
    countRows: () => 1,
    findKeys: () => [],
    async *read() {
      await read()
      yield [{ id: 1, at: '2026-01-02T00:00:00Z' }]
    },
  })
  return source.with([table as never]) as Source
}

testAlone(sourceOf())

describe('what does not stand alone is found:', () => {
  it('a source that keeps the process to itself', async () => {
    const blocks = async (): Promise<void> => {
      const until = performance.now() + 12_000
      while (performance.now() < until);
    }
    const found = await runAlone(sourceOf(blocks), {}, { fault: '500', in: 'functions', ends: 'limit' })
    expect(found).toContainEqual(expect.stringMatching(/the healthy source had 0 of its 3 rows after \d+ ms/))
  })

  it('an engine that asks all sources before it reads any', async () => {
    const barrier: typeof sync = async (options) => {
      const signal = AbortSignal.any([options.signal!, AbortSignal.timeout(12_000)])
      await plan({ ...options, signal }).catch(() => {})
      return await sync(options)
    }
    const found = await runAlone(sourceOf(), {}, { fault: 'hang', in: 'functions', ends: 'limit' }, barrier)
    expect(found).toContainEqual(expect.stringMatching(/the healthy source had 0 of its 3 rows/))
    expect(found).toContainEqual(expect.stringMatching(/the run had not ended/))
  })

  it('an engine that holds tables to the end of its run', async () => {
    const holds: typeof sync = (options) => {
      const release = async (): Promise<void> => {}
      const destination = new Proxy(options.destination, {
        get: (target, name) => {
          if (name === 'release') return release
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
      return sync({ ...options, destination })
    }
    const found = await runAlone(sourceOf(), {}, { fault: '500', in: 'functions', ends: 'itself' }, holds)
    expect(found).toContainEqual(expect.stringMatching(/table of the healthy source was not released/))
    expect(found).toContainEqual(expect.stringMatching(/well_rows is still locked after the run/))
  })

  it('an engine that closes no connection', async () => {
    const leaks: typeof sync = (options) => {
      const sources = options.sources.map((source) => ({
        ...source,
        source: {
          ...source.source,
          connect: async (...given: Parameters<NonNullable<Source['connect']>>) => {
            const client = await source.source.connect?.(...given)
            return { ...(client as object), close: undefined }
          },
        } as Source,
      }))
      return sync({ ...options, sources })
    }
    const found = await runAlone(sourceOf(), {}, { fault: 'refuse', in: 'functions', ends: 'itself' }, leaks)
    expect(found).toContainEqual(expect.stringMatching(/after read went wrong the connection was not closed/))
  })

  it('a failure that nobody is told of', async () => {
    const hides: typeof sync = async (options) => {
      const report = await sync(options)
      return { ...report, sources: [], tables: report.tables.map((table) => ({ ...table, failures: [] })) }
    }
    const found = await runAlone(sourceOf(), {}, { fault: 'cut', in: 'functions', ends: 'itself' }, hides)
    expect(found).toContainEqual(
      expect.stringMatching(
        /end went wrong \(cut\), but the run reports no failure|read went wrong \(cut\), but the run reports no failure/,
      ),
    )
  })
})
