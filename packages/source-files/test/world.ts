import type { Logger } from '@tidemark/core'
import type { TableState } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, statusOf, sync, type VerifyReport, verify } from '@tidemark/engine'
import { onTestFinished } from 'vitest'
import { FilesConfig } from '../src/config.ts'
import source from '../src/index.ts'
import { Folder, type Row, type TablesInput } from './harness.ts'

/** The real engine, a real database and a folder of files, run after run; only the engine's waits take no time. */
export interface World {
  readonly folder: Folder
  readonly said: string[]
  run(tables: TablesInput, config?: Record<string, unknown>): Promise<Report>
  /** Runs and expects that all went well. */
  sync(tables: TablesInput, config?: Record<string, unknown>): Promise<Report>
  verify(tables: TablesInput, table: string): Promise<VerifyReport>
  rows(statement: string): Promise<Row[]>
  status(): Promise<readonly string[]>
  /** What is known of the table `t`. */
  state(): Promise<TableState>
}

export async function world(): Promise<World> {
  const folder = new Folder()
  const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url: folder.at('db.sqlite'), runner })
  onTestFinished(() => destination.close())
  const said: string[] = []
  const say = (message: string): void => void said.push(message)
  const log: Logger = { debug() {}, info: say, warn: say }
  const options = (tables: TablesInput, config: Record<string, unknown> = {}) => {
    const now = Object.entries(tables).map(([name, table]) => [name, { minAge: '0s', ...table }])
    const parsed = FilesConfig.parse({ ...config, tables: Object.fromEntries(now) })
    return {
      sources: [{ name: 'files', source: source as never, config: parsed, options: {} }],
      destination,
      log,
      settings: { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 } },
    }
  }
  const run = (tables: TablesInput, config?: Record<string, unknown>): Promise<Report> => sync(options(tables, config))
  return {
    folder,
    said,
    run,
    async sync(tables, config) {
      const report = await run(tables, config)
      if (report.exitCode !== 0) throw new Error(`exit ${report.exitCode}: ${JSON.stringify(report, undefined, 1)}`)
      return report
    },
    verify: (tables, table) => verify(options(tables), { table }),
    async rows(statement) {
      const { columns, rows } = await destination.query(statement)
      return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
    },
    state: async () => (await destination.state()).tables.get('files_t')!,
    async status() {
      return statusOf(await destination.state()).tables.map(({ name, status }) => `${name} ${status}`)
    },
  }
}
