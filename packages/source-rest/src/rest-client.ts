import type { Logger } from '@tidemark/core'
import { HttpClient, type HttpOptions } from '@tidemark/http'
import { ApiClock } from './api-clock.ts'
import type { RestConfig } from './config.ts'
import { kindsOf } from './kind.ts'
import type { ParentPartition } from './parent-partition.ts'
import type { RestTable } from './table-config.ts'

const MB = 1024 * 1024

/** What is kept of a parent's row, and the partition it came from. */
export interface ParentRow {
  readonly row: Readonly<Record<string, unknown>>
  readonly partition: ParentPartition | undefined
}

/** What the tables of one run share: the API, the config, and what was asked already. */
export class RestClient {
  readonly http: HttpClient
  readonly tables: readonly RestTable[]
  readonly host: string
  readonly clock: ApiClock
  readonly #answers = new Map<string, Promise<unknown>>()
  readonly #grown = new Map<string, ReadonlyMap<string, number>>()

  constructor(config: RestConfig, log: Logger, shared: Pick<HttpOptions, 'secretStore' | 'pace' | 'clock'> = {}) {
    const { rate, idleSeconds, maxMegabytes, params, tables, maxRequests, attempts, success, failure, clock, ...rest } =
      config
    this.host = new URL(config.baseUrl).host
    this.tables = Object.entries(tables).map(([name, table]) => ({ success, failure, ...table, name }))
    this.http = new HttpClient({
      ...rest,
      authorization: config.authorization as never,
      query: params,
      rate: rate === undefined ? undefined : { requests: rate.requests, perMs: rate.seconds * 1000 },
      idleMs: idleSeconds * 1000,
      maxBytes: maxMegabytes * MB,
      maxRequests,
      retry: { attempts },
      wrongRequest: 'fix-config',
      secrets: secretLooking(config),
      ...shared,
      log,
    })
    this.clock = new ApiClock({ http: this.http, host: this.host, clock, log })
  }

  table(name: string): RestTable {
    return this.tables.find((table) => table.name === name)!
  }

  /** What rows had beside the columns that were found, by table: one bit a kind, by name. */
  grown(table: string): ReadonlyMap<string, number> {
    return this.#grown.get(table) ?? new Map()
  }

  grow(table: string, kinds: ReadonlyMap<string, number>): void {
    this.#grown.set(table, kindsOf(this.grown(table), kinds))
  }

  /** Asks once a run, and again after a failure. */
  once<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(name)
    if (known !== undefined) return known as Promise<T>
    const answer = ask()
    this.#answers.set(name, answer)
    answer.catch(() => this.#answers.delete(name))
    return answer
  }

  close(): Promise<void> {
    return this.http.close()
  }
}

const SECRET = /key|token|secret|passw|auth|signature|session|cookie/i

/** Values under `headers` and `params` that look like secrets: they belong into `authorization`, and are kept out of errors all the same. */
function secretLooking({ headers, params, tables }: RestConfig): readonly string[] {
  const all = [headers, params, ...Object.values(tables).flatMap((table) => [table.headers, table.params])]
  return all
    .flatMap((one) => Object.entries(one))
    .filter(([name, value]) => SECRET.test(name) && typeof value === 'string' && !value.includes('{'))
    .map(([, value]) => String(value))
}
