import { join } from 'node:path'
import type { Logger, SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type Settings, sync, systemClock, type TableReport } from '@tidemark/engine'
import { onTestFinished } from 'vitest'
import source from '../src/index.ts'
import { type Config, emptyFolder, TAP } from './harness.ts'

export interface World {
  readonly destination: Destination
  readonly log: string[]
  run(config: Config, options?: SourceOptions): Promise<Report>
  /** Runs and expects that all went well. */
  sync(config: Config, options?: SourceOptions): Promise<readonly TableReport[]>
  rows(statement: string): Promise<readonly Record<string, unknown>[]>
}

/** The real engine and a real database, run after run. @param url absent: a SQLite file. */
export async function world(url = join(emptyFolder(), 'db.sqlite'), settings: Settings = {}): Promise<World> {
  const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  onTestFinished(() => destination.close())
  const log: string[] = []
  const keep = (message: string, fields?: object): void => void log.push(`${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { debug() {}, info: keep, warn: keep }
  const run = (config: Config, options: SourceOptions = {}): Promise<Report> =>
    sync({
      sources: [{ name: 'shop', source: source as never, config: { command: TAP, ...config }, options }],
      destination,
      log: logger,
      settings: { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 }, ...settings },
      clock: systemClock,
    })
  return {
    destination,
    log,
    run,
    async sync(config, options) {
      const report = await run(config, options)
      if (report.exitCode !== 0) throw new Error(`exit ${report.exitCode}: ${JSON.stringify(report, undefined, 1)}`)
      return report.tables
    },
    async rows(statement) {
      const { columns, rows } = await destination.query(statement)
      return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
    },
  }
}
