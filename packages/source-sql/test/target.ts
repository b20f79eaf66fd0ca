import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Source } from '@tidemark/core'
import { openDestination } from '@tidemark/destination'
import { type Report, type RunOptions, resync, sync, type VerifyReport, verify } from '@tidemark/engine'
import sql from '../src/index.ts'
import { type Row, temporaryFolder, type World } from './harness.ts'

/** A destination that runs are made into. */
export interface Target {
  run(config?: Record<string, unknown>, more?: Partial<RunOptions>): Promise<Report>
  /** Reads again what is covered of a table; with `full` after all of it was forgotten. */
  resync(table: string, how?: { readonly full?: boolean }, config?: Record<string, unknown>): Promise<Report>
  /** Does other work with the source and the destination. */
  using<T>(config: Record<string, unknown>, work: (options: RunOptions) => Promise<T>): Promise<T>
  /** Compares a table with its source, and mends what differs. */
  repair(table: string): Promise<VerifyReport>
  rows(query: string): Row[]
  readonly log: string[]
  /** Its file, which is a source of others. */
  readonly file: string
}

export function target(world: Pick<World, 'url'>, base: Record<string, unknown> = {}): Target {
  const file = join(temporaryFolder(), 'tidemark.db')
  const source = sql as unknown as Source
  const lines: string[] = []
  const say = (message: string): void => void lines.push(message)
  const using = async <T>(config: Record<string, unknown>, work: (options: RunOptions) => Promise<T>): Promise<T> => {
    const runner = { id: `test-${performance.now()}`, host: 'test', pid: process.pid, startedAt: 0n }
    const destination = await openDestination({ url: file, runner })
    try {
      return await work({
        sources: [{ name: 'crm', source, config: { url: world.url, ...base, ...config } }],
        destination,
        log: { debug() {}, info: say, warn: say },
      } as RunOptions)
    } finally {
      await destination.close()
    }
  }
  return {
    log: lines,
    file,
    run: (config = {}, more = {}) => using(config, (options) => sync({ ...options, ...more })),
    resync: (table, how = {}, config = {}) => using(config, (options) => resync(options, { table, ...how })),
    using,
    repair: (table) => using({}, (options) => verify(options, { table, repair: true })),
    rows(query) {
      const db = new DatabaseSync(file, { readOnly: true })
      try {
        return db
          .prepare(query)
          .all()
          .map((row) => ({ ...row }))
      } finally {
        db.close()
      }
    },
  }
}
