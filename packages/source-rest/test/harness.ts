import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type Settings, sync, systemClock, type TableReport } from '@tidemark/engine'
import { onTestFinished } from 'vitest'
import source from '../src/index.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export type Handler = (response: ServerResponse, asked: Asked) => unknown

/** A real API on loopback that does as the test says. */
export class Api {
  readonly asked: Asked[] = []
  url = ''
  handler: Handler

  private constructor(handler: Handler) {
    this.handler = handler
  }

  static async open(handler: Handler): Promise<Api> {
    const api = new Api(handler)
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (piece) => (body += piece))
      request.on('end', () => {
        const url = new URL(request.url ?? '', 'http://x')
        const asked = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body,
        }
        api.asked.push(asked)
        api.handler(response, asked)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return api
  }

  /** What was asked since the last time, as path and query. */
  take(): string[] {
    return this.asked.splice(0).map(({ path, query }) => (query.size === 0 ? path : `${path}?${query}`))
  }
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export interface World {
  readonly destination: Destination
  readonly warnings: string[]
  run(config: object, options?: SourceOptions): Promise<Report>
  /** Runs and expects that all went well. */
  sync(config: object, options?: SourceOptions): Promise<TableReport[]>
  rows(statement: string): Promise<Record<string, unknown>[]>
}

/** The real engine and a real database in a file, run after run; only the engine's waits take no time. */
export async function world(settings: Settings = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'rest-test-'))
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
      sources: [{ name: 'api', source: source as never, config, options }],
      destination,
      log,
      settings: { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 }, ...settings },
      clock: {
        ...systemClock,
        sleep: (ms, signal, why) => systemClock.sleep(why === 'limit' ? ms : Math.min(ms, 1), signal, why),
      },
    })
  return {
    destination,
    warnings,
    run,
    async sync(config, options) {
      const report = await run(config, options)
      if (report.exitCode !== 0) throw new Error(`exit ${report.exitCode}: ${JSON.stringify(report, undefined, 1)}`)
      return [...report.tables]
    },
    async rows(statement) {
      const { columns, rows } = await destination.query(statement)
      return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
    },
  }
}
