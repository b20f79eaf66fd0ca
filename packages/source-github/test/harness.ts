import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type Settings, sync, systemClock, type TableReport } from '@tidemark/engine'
import { onTestFinished } from 'vitest'
import source from '../src/index.ts'

export interface World {
  readonly destination: Destination
  readonly warnings: string[]
  run(config: object, options?: SourceOptions): Promise<Report>
  /** Runs and expects that all went well. */
  sync(config: object, options?: SourceOptions): Promise<Record<string, TableReport>>
  rows(statement: string): Promise<Record<string, unknown>[]>
}

/** Only these tables. */
export function only(...names: readonly string[]): SourceOptions {
  const all = ['repositories', 'issues', 'issue_comments', 'pull_requests', 'reviews', 'commits', 'releases']
  const others = [...all, 'stargazers', 'labels', 'milestones', 'workflow_runs'].filter((name) => !names.includes(name))
  return { tables: Object.fromEntries(others.map((name) => [name, false])) }
}

/** The real engine and a real database in a file, run after run; only the engine's waits are short. */
export async function world(settings: Settings = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'github-test-'))
  const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url: join(folder, 'db.sqlite'), runner })
  onTestFinished(async () => {
    await destination.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const warnings: string[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  }
  const run = (config: object, options: SourceOptions = {}): Promise<Report> =>
    sync({
      sources: [{ name: 'github', source: source as never, config, options }],
      destination,
      log,
      settings: { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 }, ...settings },
      clock: {
        ...systemClock,
        sleep: (ms, signal, why) => systemClock.sleep(why === 'limit' ? ms : Math.min(ms, 20), signal, why),
      },
    })
  return {
    destination,
    warnings,
    run,
    async sync(config, options) {
      const report = await run(config, options)
      if (report.exitCode !== 0) throw new Error(`exit ${report.exitCode}: ${JSON.stringify(report, undefined, 1)}`)
      return Object.fromEntries(report.tables.map((table) => [table.name, table]))
    },
    async rows(statement) {
      const { columns, rows } = await destination.query(statement)
      return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
    },
  }
}
