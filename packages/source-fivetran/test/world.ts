import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type RunOptions, resync, type Settings, sync, systemClock } from '@tidemark/engine'
import { onTestFinished } from 'vitest'
import { FivetranConfig } from '../src/config.ts'
import source from '../src/index.ts'

/** The real engine and a real database in a file, run after run; only the engine's waits take no time. */
export class World {
  readonly log: string[] = []
  readonly #destination: Destination

  private constructor(destination: Destination) {
    this.#destination = destination
  }

  /** @param url of a database; absent: a file of its own. */
  static async open(url?: string): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'fivetran-test-'))
    const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
    const destination = await openDestination({ url: url ?? join(folder, 'db.sqlite'), runner })
    onTestFinished(async () => {
      await destination.close()
      rmSync(folder, { recursive: true, force: true })
    })
    return new World(destination)
  }

  run(connector: string, more: object = {}, options: SourceOptions = {}, settings: Settings = {}): Promise<Report> {
    return sync(this.#optionsOf(connector, more, options, settings))
  }

  /** Forgets all of a table, and reads its feed again. */
  resync(connector: string, table: string): Promise<Report> {
    return resync(this.#optionsOf(connector), { table, full: true })
  }

  #optionsOf(connector: string, more: object = {}, options: SourceOptions = {}, settings: Settings = {}): RunOptions {
    const say = (message: string): void => void this.log.push(message)
    const log: Logger = { debug() {}, info: say, warn: say }
    return {
      sources: [
        { name: 'shop', source: source as never, config: FivetranConfig.parse({ connector, ...more }), options },
      ],
      destination: this.#destination,
      log,
      settings: { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 }, ...settings },
      clock: {
        ...systemClock,
        sleep: (ms, signal, why) => systemClock.sleep(why === 'limit' ? ms : Math.min(ms, 1), signal, why),
      },
    }
  }

  /** Runs and expects that all went well. */
  async sync(connector: string, more: object = {}, options: SourceOptions = {}): Promise<Report> {
    const report = await this.run(connector, more, options)
    if (report.exitCode !== 0) throw new Error(`exit ${report.exitCode}: ${JSON.stringify(report, undefined, 1)}`)
    return report
  }

  async rows(statement: string): Promise<readonly Record<string, unknown>[]> {
    const { columns, rows } = await this.#destination.query(statement)
    return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])))
  }

  /** The connector's state, as JSON text. */
  async state(): Promise<string | null | undefined> {
    const { feeds } = await this.#destination.state()
    return feeds?.get('shop/connector')?.offset
  }
}
