import type { Logger } from '@tidemark/core'
import { HttpClient } from '@tidemark/http'
import type { RestConfig } from './config.ts'
import type { Part } from './part.ts'
import type { RestTable } from './table-config.ts'

const MB = 1024 * 1024

/** What is kept of a parent's row, and the partition it came from. */
export interface ParentRow {
  readonly row: Readonly<Record<string, unknown>>
  readonly partition: Part | undefined
}

/** What the tables of one run share: the API, the config, and what was asked already. */
export class RestClient {
  readonly http: HttpClient
  readonly tables: readonly RestTable[]
  readonly host: string
  readonly #parents = new Map<string, Promise<readonly ParentRow[]>>()

  constructor(config: RestConfig, log: Logger) {
    const { rate, idleSeconds, maxMegabytes, params, tables, authorization, maxRequests, attempts, ...rest } = config
    this.host = new URL(config.baseUrl).host
    this.tables = Object.entries(tables).map(([name, table]) => ({ ...table, name }))
    this.http = new HttpClient({
      ...rest,
      authorization: authorization as never,
      query: params,
      rate: rate === undefined ? undefined : { requests: rate.requests, perMs: rate.seconds * 1000 },
      idleMs: idleSeconds * 1000,
      maxBytes: maxMegabytes * MB,
      maxRequests,
      retry: { attempts },
      wrongRequest: 'fix-config',
      log,
    })
  }

  table(name: string): RestTable {
    return this.tables.find((table) => table.name === name)!
  }

  /** The rows of a parent: read once a run, and again after a failure. */
  parentRows(name: string, read: () => Promise<readonly ParentRow[]>): Promise<readonly ParentRow[]> {
    const known = this.#parents.get(name)
    if (known !== undefined) return known
    const rows = read()
    this.#parents.set(name, rows)
    rows.catch(() => this.#parents.delete(name))
    return rows
  }

  close(): Promise<void> {
    return this.http.close()
  }
}
